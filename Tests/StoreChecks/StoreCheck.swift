public import SendLogCore
public import Testing

/// One behaviour of every store, checked on a real one.
///
/// A store's own tests run all of them, each on a store that is new and empty.
public struct StoreCheck: Sendable, CustomTestStringConvertible {
    /// The behaviour, in words.
    public let name: String

    /// Checks it, with Swift Testing's expectations.
    public let run: @Sendable (any Store) async throws -> Void

    init(_ name: String, run: @escaping @Sendable (any Store) async throws -> Void) {
        self.name = name
        self.run = run
    }

    /// The name.
    public var testDescription: String { name }

    /// All checks, each named with its topic.
    public static let all: [StoreCheck] = [
        topic("recording", recording),
        topic("idempotency", idempotency),
        topic("idempotency keys", idempotencyKeys),
        topic("destinations", destinations),
        topic("searching", searching),
        topic("times", times),
        topic("pages", pages),
        topic("snapshots", snapshots),
        topic("totals", totals),
        topic("organisations", organisations),
        topic("keys", keys),
        topic("sessions", sessions),
        topic("campaigns", campaigns),
        topic("campaign periods", campaignPeriods),
        topic("webhooks", webhooks),
        topic("leases", leases),
        topic("pending", pending),
        topic("due webhooks", dueWebhooks),
        topic("deliveries", deliveries),
        topic("replays", replays),
        topic("webhook metrics", webhookMetrics),
        topic("recording times", recordingTimes),
        topic("isolation", isolation),
        topic("model", model),
        topic("archive", archive),
        topic("deletion", deletion),
        topic("concurrency", concurrency),
        topic("gaps", gaps),
        topic("recipients", recipients),
        topic("recipient leases", recipientLeases),
        topic("audiences", audiences),
        topic("recipient links", recipientLinks),
        topic("closing", closing),
    ].flatMap(\.self)

    private static func topic(_ topic: String, _ checks: [StoreCheck]) -> [StoreCheck] {
        checks.map { StoreCheck("\(topic): \($0.name)", run: $0.run) }
    }
}
