/// The progress of a webhook's deliveries.
public struct WebhookProgress: Equatable, Sendable {
    /// The cursor: every send log up to this sequence number was delivered or skipped, or waits for its next attempt.
    public var cursor: SequenceNumber
    /// The ranges of send logs after the cursor that are not delivered, in order.
    public var gaps: [WebhookGap]
    /// The number of failed attempts since the last successful one.
    public var failures: Int
    /// The time of the first of these failures.
    public var failingSince: Timestamp?
    /// The end of the hold: no attempt is made before this time, because the receiver keeps failing.
    public var heldUntil: Timestamp?
    /// The pause, if the receiver failed for so long that no request is sent until a user resumes the webhook.
    public var pause: Pause?
    /// The number of quick attempts in a row that are still needed until the receiver counts as quick; 0 if it does.
    public var slowness: Int

    /// The duration in milliseconds above which an attempt is slow.
    static let slowAttempt = 1000
    /// The number of quick attempts that must follow a slow one.
    static let maxSlowness = 10

    /// The time and the reason of a webhook's pause.
    public struct Pause: Equatable, Sendable {
        /// The time at which the webhook was paused.
        public let at: Timestamp
        /// The reason in plain text for users.
        public let reason: String

        /// Creates a pause.
        public init(at: Timestamp, reason: String) {
            self.at = at
            self.reason = reason
        }
    }

    /// Creates the progress of a webhook whose first delivery is after the cursor.
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

    /// Whether the last attempt succeeded, and the latest attempts were all quick.
    public var isHealthy: Bool { failures == 0 && slowness == 0 }

    /// Updates ``slowness`` with the duration of an attempt, in milliseconds.
    public mutating func note(duration: Int) {
        slowness = duration > Self.slowAttempt ? Self.maxSlowness : max(0, min(slowness, Self.maxSlowness) - 1)
    }
}

extension WebhookProgress {
    /// Moves the cursor forward to a sequence number, and past every gap that it reaches.
    public mutating func advance(to sequence: SequenceNumber) {
        cursor = max(cursor, sequence)
        while let gap = gaps.first, let end = gap.through, gap.after <= cursor {
            cursor = max(cursor, end)
            gaps.removeFirst()
        }
    }

    /// Adapts the progress to a database copy whose newest send log is an earlier one.
    public mutating func clip(to head: SequenceNumber) {
        cursor = min(cursor, head)
        gaps = gaps.compactMap { gap in
            guard let end = gap.through else { return WebhookGap(after: min(gap.after, head)) }
            return gap.after < head ? WebhookGap(after: gap.after, through: min(end, head)) : nil
        }
        advance(to: cursor)
    }

    /// Opens a gap after the organisation's newest send log, because the webhook is no longer active.
    mutating func stop(at head: SequenceNumber) {
        if let gap = gaps.last, gap.through == nil {
            // An earlier version of the server, which does not know gaps, left it open.
            gaps[gaps.count - 1].through = max(gap.after, cursor)
        }
        if let gap = gaps.last, gap.through == head {
            gaps[gaps.count - 1].through = nil
        } else {
            gaps.append(WebhookGap(after: head))
        }
    }

    /// Closes the open gap at the organisation's newest send log, because the webhook is active again.
    ///
    /// Send logs between the cursor and the gap are still delivered.
    mutating func start(at head: SequenceNumber) {
        if let gap = gaps.last, gap.through == nil {
            gaps[gaps.count - 1].through = max(head, gap.after)
            if head <= gap.after { gaps.removeLast() }
        } else {
            gaps.append(WebhookGap(after: cursor, through: max(head, cursor)))
        }
        advance(to: cursor)
    }

    /// Returns the number of send logs after the cursor, without those in gaps.
    ///
    /// They are still to be delivered, or to be skipped because of their campaign.
    ///
    /// - Parameter head: the sequence number of the organisation's newest send log
    /// - Returns: the number of send logs.
    public func backlog(_ head: SequenceNumber) -> Int64 {
        var left = max(0, cursor.distance(to: head))
        for gap in gaps {
            let skipped = max(0, max(gap.after, cursor).distance(to: min(gap.through ?? head, head)))
            left = left.subtractingReportingOverflow(skipped).partialValue
        }
        return max(0, left)
    }
}
