/// What a worker did for a webhook under its lease.
public struct WebhookReport: Sendable {
    /// The lease's owner.
    public let owner: String
    /// The webhook's version that it worked with.
    public var version: Int
    /// How far it has come now.
    public var progress: WebhookProgress
    /// The deliveries that changed.
    public var deliveries: [Delivery]
    /// What was started under leases that were not released, or is about to be started again.
    public var started: StartedAttempts
    /// When the lease ends now; `nil` to release it.
    public var leaseEnd: Timestamp?

    /// Makes a report of its parts.
    public init(
        owner: String,
        version: Int,
        progress: WebhookProgress,
        deliveries: [Delivery] = [],
        started: StartedAttempts = .none,
        leaseEnd: Timestamp?
    ) {
        self.owner = owner
        self.version = version
        self.progress = progress
        self.deliveries = deliveries
        self.started = started
        self.leaseEnd = leaseEnd
    }
}
