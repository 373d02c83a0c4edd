/// The results of a worker's deliveries for a webhook, to be saved under its lease.
public struct WebhookReport: Sendable {
    /// The lease owner.
    public var owner: String
    /// The version of the webhook that the worker used.
    public var version: Int
    /// The new progress.
    public var progress: WebhookProgress
    /// The changes of deliveries, in order.
    public var updates: [DeliveryUpdate]
    /// The attempts that earlier leases left without an end, or that are about to be started again.
    public var started: StartedAttempts
    /// The new end of the lease; `nil` to release it.
    public var leaseEnd: Timestamp?

    /// Creates a report.
    public init(
        owner: String,
        version: Int,
        progress: WebhookProgress,
        updates: [DeliveryUpdate] = [],
        started: StartedAttempts = .none,
        leaseEnd: Timestamp?
    ) {
        (self.owner, self.version, self.progress) = (owner, version, progress)
        (self.updates, self.started, self.leaseEnd) = (updates, started, leaseEnd)
    }
}
