/// A client that sends the requests of webhooks to their receivers.
public protocol WebhookClient: Sendable {
    /// Makes one attempt of the delivery `id`, which ends within seconds even if the receiver does not respond.
    ///
    /// - Returns: the attempt with its result; `nil` if the task was cancelled, or the server stops.
    func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt?

    /// The counts of attempts since the start of the server.
    var tallies: AttemptTallies { get }
}
