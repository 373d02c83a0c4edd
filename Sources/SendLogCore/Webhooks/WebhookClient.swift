/// A client that sends the requests of webhooks to their receivers.
public protocol WebhookClient: Sendable {
    /// Makes one attempt, which ends within seconds even if the receiver does not respond.
    ///
    /// - Parameters:
    ///   - webhook: the webhook
    ///   - send: the send to deliver
    ///   - id: the delivery's ID, by which receivers recognise repeated attempts
    ///   - now: the current time
    /// - Returns: the attempt with its result; `nil` if the task was cancelled, or the server stops.
    func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt?

    /// The counts of all attempts since the start of the server.
    var tally: AttemptTally { get }
}

/// Counts of attempts.
public struct AttemptTally: Equatable, Sendable {
    /// The number of attempts that succeeded.
    public var delivered = 0
    /// The number of attempts that failed.
    public var failed = 0
    /// The total duration of all attempts in milliseconds.
    public var duration = 0

    /// Creates a tally without attempts.
    public init() {}

    /// Counts an attempt.
    public mutating func add(_ attempt: DeliveryAttempt) {
        if attempt.isSuccess { delivered += 1 } else { failed += 1 }
        duration += attempt.duration
    }
}
