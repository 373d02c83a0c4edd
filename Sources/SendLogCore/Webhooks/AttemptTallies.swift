import Synchronization

/// The counts of attempts since the start of the server: of all webhooks together, and of each.
public final class AttemptTallies: Sendable {
    private let state = Mutex((total: AttemptTally(), webhooks: [WebhookKey: AttemptTally]()))

    /// The maximum number of webhooks with counts of their own, which start again from 0 when it is reached.
    private static let maxWebhooks = 100_000

    /// Creates counts without attempts.
    public init() {}

    /// The counts of all webhooks together.
    public var total: AttemptTally { state.withLock(\.total) }

    /// Counts an attempt.
    public func add(_ attempt: DeliveryAttempt, of webhook: WebhookKey) {
        state.withLock { state in
            state.total.add(attempt)
            if state.webhooks.count >= Self.maxWebhooks, state.webhooks[webhook] == nil { state.webhooks = [:] }
            state.webhooks[webhook, default: AttemptTally()].add(attempt)
        }
    }

    /// Returns the counts of each of some webhooks, in their order.
    public func tallies(of webhooks: [WebhookKey]) -> [AttemptTally] {
        state.withLock { state in webhooks.map { state.webhooks[$0] ?? AttemptTally() } }
    }
}
