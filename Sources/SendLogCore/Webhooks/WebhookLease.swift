/// A lease: the exclusive right of one worker to deliver a webhook's sends until a given time.
public struct WebhookLease: Sendable {
    /// The lease owner, unique among all servers and all leases of one server.
    public let owner: String
    /// The time at which the lease starts.
    public let start: Timestamp
    /// The time at which the lease ends unless it is renewed.
    public let end: Timestamp

    /// The maximum duration of a lease on any server, in milliseconds.
    public static let maxDuration: Int64 = 60_000
    /// The maximum difference between the clocks of servers, in milliseconds.
    static let clockTolerance: Int64 = 10_000
    /// The maximum duration of a hold, in milliseconds; see ``WebhookProgress/heldUntil``.
    static let maxHold: Int64 = 4 * 3_600_000

    /// Creates a lease that a worker requests.
    public init(owner: String, start: Timestamp, end: Timestamp) {
        (self.owner, self.start, self.end) = (owner, start, end)
    }

    /// The latest end of another lease in milliseconds since 1970; a later one was made by a wrong clock and is ignored.
    public var latestEnd: Int64 {
        max(end.milliseconds, start.milliseconds + Self.maxDuration) + Self.clockTolerance
    }

    /// The latest end of a hold in milliseconds since 1970; a later one was made by a wrong clock and is ignored.
    public var latestHold: Int64 { start.milliseconds + Self.maxHold }
}

/// A webhook that has sends to deliver.
public struct PendingWebhook: Hashable, Sendable {
    /// The organisation that the webhook belongs to.
    public let organisation: OrganisationID
    /// The webhook's ID.
    public let id: WebhookID
    /// The time of the last lease in milliseconds since 1970; 0 if there was none.
    public let leasedAt: Int64
    /// Whether the receiver accepts requests, and does so quickly; see ``WebhookProgress/isHealthy``.
    public let isHealthy: Bool

    /// Creates a pending webhook.
    public init(organisation: OrganisationID, id: WebhookID, leasedAt: Int64, isHealthy: Bool) {
        (self.organisation, self.id, self.leasedAt, self.isHealthy) = (organisation, id, leasedAt, isHealthy)
    }

    /// The webhook's key.
    public var key: WebhookKey { WebhookKey(organisation: organisation, id: id) }
}

/// A leased webhook, with the attempts that earlier leases may have left without an end.
public struct LeasedWebhook: Equatable, Sendable {
    /// The webhook.
    public let webhook: Webhook
    /// The attempts that may have been started under earlier leases that were not released.
    public let started: StartedAttempts

    /// Creates a leased webhook.
    public init(webhook: Webhook, started: StartedAttempts) {
        (self.webhook, self.started) = (webhook, started)
    }
}
