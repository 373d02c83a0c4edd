/// A kind of stored time that a server's clock determines, and that is never later than a known time after now.
public enum StoredTime: CaseIterable, Sendable {
    /// When the newest sequence number was sampled; see ``RecordingTime``.
    case recording
    /// When a delivery is attempted again.
    case nextAttempt
    /// The end of a hold; see ``WebhookProgress/heldUntil``.
    case hold
    /// The end of the lease of a webhook.
    case webhookLease
    /// The end of the lease of a recipient index.
    case indexLease
    /// When a key was last used.
    case lastUse
    /// When a key was created.
    case keyCreation
    /// When a session of the console expires.
    case session
    /// When an idempotency key was created.
    case idempotencyKey
    /// When a link to a recipient expires.
    case recipientLink

    /// The difference between clocks that is no finding, in milliseconds: 5 minutes.
    public static let tolerance: Int64 = 5 * 60_000

    /// The table of the times and the column, which both stores name alike except for ``indexLease`` and ``session``.
    public var column: (table: String, name: String) {
        switch self {
        case .recording: ("recording_times", "at")
        case .nextAttempt: ("webhook_deliveries", "next_try")
        case .hold: ("webhooks", "held_until")
        case .webhookLease: ("webhooks", "taken_until")
        case .indexLease: ("recipient_indexes", "lease_end")
        case .lastUse: ("api_keys", "last_used")
        case .keyCreation: ("api_keys", "created")
        case .session: ("sessions", "expires")
        case .idempotencyKey: ("idempotency_keys", "created")
        case .recipientLink: ("recipient_links", "expires")
        }
    }

    /// What the times are, for people.
    public var plural: String {
        switch self {
        case .recording: "times of recording"
        case .nextAttempt: "next attempts of webhook deliveries"
        case .hold: "ends of holds of webhooks"
        case .webhookLease: "ends of leases of webhooks"
        case .indexLease: "ends of leases of recipient indexes"
        case .lastUse: "last uses of keys"
        case .keyCreation: "creations of keys"
        case .session: "ends of console sessions"
        case .idempotencyKey: "creations of idempotency keys"
        case .recipientLink: "ends of links to recipients"
        }
    }

    /// Returns the latest time of this kind that a server with a right clock stores at a time.
    public func latest(at now: Timestamp) -> Timestamp {
        let ahead: Int64 =
            switch self {
            case .recording, .lastUse, .keyCreation, .idempotencyKey: 0
            case .webhookLease, .indexLease: WebhookLease.maxDuration
            case .hold: WebhookLease.maxHold
            case .recipientLink: RecipientLink.lifetime
            // The maxima of the settings webhooks.retrySeconds and console.sessionMinutes.
            case .nextAttempt, .session: 30 * Day.milliseconds
            }
        return now.advanced(by: ahead + Self.tolerance)
    }
}
