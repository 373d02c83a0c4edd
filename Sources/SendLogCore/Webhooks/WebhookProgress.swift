/// How far a webhook has come in telling what was recorded.
public struct WebhookProgress: Equatable, Sendable {
    /// All send logs up to this one were told, or wait for their next try.
    public var told: SequenceNumber
    /// What lies behind these and is not told, the first first.
    public var gaps: [WebhookGap]
    /// How many attempts failed since the last one that did not.
    public var failures: Int
    /// When the first of these failed.
    public var failingSince: Timestamp?
    /// No attempt is made before this moment, since the receiver keeps failing.
    public var heldUntil: Timestamp?
    /// Set where it has failed for so long that nothing more is sent until somebody resumes it.
    public var pause: Pause?

    /// When and why a webhook was paused.
    public struct Pause: Equatable, Sendable {
        /// The moment.
        public let at: Timestamp
        /// Why, in words for people.
        public let reason: String

        /// Notes a pause.
        public init(at: Timestamp, reason: String) {
            self.at = at
            self.reason = reason
        }
    }

    /// Begins behind a send log.
    public init(
        told: SequenceNumber,
        gaps: [WebhookGap] = [],
        failures: Int = 0,
        failingSince: Timestamp? = nil,
        heldUntil: Timestamp? = nil,
        pause: Pause? = nil
    ) {
        self.told = told
        self.gaps = gaps
        self.failures = failures
        self.failingSince = failingSince
        self.heldUntil = heldUntil
        self.pause = pause
    }
}
