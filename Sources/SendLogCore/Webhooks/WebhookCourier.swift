/// Carries what webhooks tell to their receivers, once each time it is asked.
public protocol WebhookCourier: Sendable {
    /// Makes one attempt; it ends within seconds, whatever the receiver does.
    ///
    /// - Parameters:
    ///   - webhook: whose request it is
    ///   - send: what is told
    ///   - id: the delivery, by which receivers know attempts of the same
    ///   - now: the time
    /// - Returns: what came of it; `nil` where the server stopped meanwhile.
    func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt?

    /// What came of all attempts since the start.
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
