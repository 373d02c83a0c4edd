/// Sends webhooks' requests to their receivers.
public protocol WebhookClient: Sendable {
    /// Makes one attempt; it ends within seconds, whatever the receiver does.
    ///
    /// - Parameters:
    ///   - webhook: whose request it is
    ///   - send: the send that it reports
    ///   - id: the delivery, by which receivers know attempts of the same
    ///   - now: the time
    /// - Returns: what came of it; `nil` if the task was cancelled, or the server stops.
    func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt?

    /// The results of all attempts since the start.
    var tally: AttemptTally { get }
}

/// Counts attempts.
public struct AttemptTally: Equatable, Sendable {
    /// How many the receivers took.
    public var delivered = 0
    /// How many they did not.
    public var failed = 0
    /// How long all of them took, in milliseconds.
    public var duration = 0

    /// Begins with none.
    public init() {}

    /// Counts an attempt.
    public mutating func add(_ attempt: DeliveryAttempt) {
        if attempt.isSuccess { delivered += 1 } else { failed += 1 }
        duration += attempt.duration
    }
}
