/// How far the deliveries of a webhook have come.
public struct WebhookProgress: Equatable, Sendable {
    /// All send logs up to this one were delivered, or wait for their next try.
    public var cursor: SequenceNumber
    /// What lies behind these and is not delivered, in order.
    public var gaps: [WebhookGap]
    /// How many attempts failed since the last one that did not.
    public var failures: Int
    /// When the first of these failed.
    public var failingSince: Timestamp?
    /// No attempt is made before this moment, since the receiver keeps failing.
    public var heldUntil: Timestamp?
    /// Set where it has failed for so long that nothing more is sent until somebody resumes it.
    public var pause: Pause?
    /// How many quick attempts in a row are missing until the receiver counts as quick; 0 for one that does.
    public var slowness: Int

    /// From how many milliseconds on an attempt is slow.
    static let slowAttempt = 1000
    /// So many quick attempts must follow on a slow one.
    static let maxSlowness = 10

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
        cursor: SequenceNumber,
        gaps: [WebhookGap] = [],
        failures: Int = 0,
        failingSince: Timestamp? = nil,
        heldUntil: Timestamp? = nil,
        pause: Pause? = nil,
        slowness: Int = 0
    ) {
        self.cursor = cursor
        self.gaps = gaps
        self.failures = failures
        self.failingSince = failingSince
        self.heldUntil = heldUntil
        self.pause = pause
        self.slowness = slowness
    }

    /// Whether the receiver took the last attempt's request, and took all of the last ones quickly.
    public var isHealthy: Bool { failures == 0 && slowness == 0 }

    /// Notes how long an attempt took, in milliseconds.
    public mutating func note(duration: Int) {
        slowness = duration > Self.slowAttempt ? Self.maxSlowness : max(0, min(slowness, Self.maxSlowness) - 1)
    }
}

extension WebhookProgress {
    /// Notes that all up to a send log are delivered; of those behind it a gap is passed over.
    public mutating func advance(to sequence: SequenceNumber) {
        cursor = max(cursor, sequence)
        while let gap = gaps.first, let end = gap.through, gap.after <= cursor {
            cursor = max(cursor, end)
            gaps.removeFirst()
        }
    }

    /// Fits it to another database, where the organisation's last send log is a former one.
    public mutating func clip(to head: SequenceNumber) {
        cursor = min(cursor, head)
        gaps = gaps.compactMap { gap in
            guard let end = gap.through else { return WebhookGap(after: min(gap.after, head)) }
            return gap.after < head ? WebhookGap(after: gap.after, through: min(end, head)) : nil
        }
        advance(to: cursor)
    }

    /// Begins a gap behind the organisation's last send log.
    mutating func stop(at head: SequenceNumber) {
        if let gap = gaps.last, gap.through == nil {
            // Left open by a program that knows no gaps.
            gaps[gaps.count - 1].through = max(gap.after, cursor)
        }
        if let gap = gaps.last, gap.through == head {
            gaps[gaps.count - 1].through = nil
        } else {
            gaps.append(WebhookGap(after: head))
        }
    }

    /// Ends the gap, where one has begun, with the organisation's last send log; what was there before it is still to be delivered.
    mutating func start(at head: SequenceNumber) {
        if let gap = gaps.last, gap.through == nil {
            gaps[gaps.count - 1].through = max(head, gap.after)
            if head <= gap.after { gaps.removeLast() }
        } else {
            gaps.append(WebhookGap(after: cursor, through: max(head, cursor)))
        }
        advance(to: cursor)
    }

    /// How many send logs are still to be delivered or passed over as others' campaigns, those in gaps left out.
    ///
    /// - Parameter head: the organisation's last send log
    /// - Returns: how many.
    public func behind(_ head: SequenceNumber) -> Int64 {
        var left = max(0, cursor.distance(to: head))
        for gap in gaps {
            let skipped = max(0, max(gap.after, cursor).distance(to: min(gap.through ?? head, head)))
            left = left.subtractingReportingOverflow(skipped).partialValue
        }
        return max(0, left)
    }
}
