/// The right to work for webhooks, for one worker alone until a moment.
public struct WebhookLease: Sendable {
    /// Who has it, unique among all servers and all leases of one server.
    public let owner: String
    /// When it begins.
    public let begin: Timestamp
    /// When it ends, unless it is renewed.
    public let end: Timestamp

    /// The longest duration of a lease in milliseconds, whichever server it is of.
    public static let maxDuration: Int64 = 60_000
    /// How many milliseconds the clocks of servers may differ.
    static let clockTolerance: Int64 = 10_000
    /// No receiver is left alone for longer, in milliseconds: see ``WebhookProgress/heldUntil``.
    static let maxHold: Int64 = 4 * 3_600_000

    /// Asks for a lease.
    public init(owner: String, begin: Timestamp, end: Timestamp) {
        (self.owner, self.begin, self.end) = (owner, begin, end)
    }

    /// A lease that ends later than this (in milliseconds since 1970) was made by a clock that was wrong, and does not count.
    public var latestEnd: Int64 {
        max(end.milliseconds, begin.milliseconds + Self.maxDuration) + Self.clockTolerance
    }

    /// A hold that ends later than this (in milliseconds since 1970) was made by a clock that was wrong, and does not count.
    public var latestHold: Int64 { begin.milliseconds + Self.maxHold }
}

/// A webhook that has something to deliver.
public struct PendingWebhook: Hashable, Sendable {
    /// Whose it is.
    public let organisation: OrganisationID
    /// Which.
    public let id: WebhookID
    /// When it was last leased, in milliseconds since 1970; 0 for never.
    public let leasedAt: Int64
    /// Whether its receiver answered the last attempt, and did so quickly.
    public let isHealthy: Bool

    /// Makes one of its parts.
    public init(organisation: OrganisationID, id: WebhookID, leasedAt: Int64, isHealthy: Bool) {
        (self.organisation, self.id, self.leasedAt, self.isHealthy) = (organisation, id, leasedAt, isHealthy)
    }
}

/// A webhook and what its lease found.
public struct LeasedWebhook: Equatable, Sendable {
    /// The webhook.
    public let webhook: Webhook
    /// What was started under former leases that were not released.
    public let started: StartedAttempts

    /// Makes one of its parts.
    public init(webhook: Webhook, started: StartedAttempts) {
        (self.webhook, self.started) = (webhook, started)
    }
}
