/// The progress of a webhook's deliveries.
public struct WebhookProgress: Equatable, Sendable {
    /// The cursor: every send log up to this sequence number was delivered or skipped, or waits for its next attempt.
    public var cursor: SequenceNumber
    /// The ranges of send logs after the cursor that are not delivered, in order.
    public var skippedRanges: [SkippedRange]
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
    /// The ranges of past send logs that are delivered again, in the order of their requests.
    public var replays: [ReplayRange]

    /// The duration in milliseconds above which an attempt is slow.
    static let slowAttempt = 1000
    /// The number of quick attempts that must follow a slow one.
    static let maxSlowness = 10

    /// The time and the reason of a webhook's pause.
    public struct Pause: Equatable, Sendable, JSONWritable {
        /// The time at which the webhook was paused.
        public let at: Timestamp
        /// The reason in plain text for users.
        public let reason: String

        /// Creates a pause.
        public init(at: Timestamp, reason: String) {
            (self.at, self.reason) = (at, reason)
        }

        package func writeJSON(to bytes: inout [UInt8]) {
            bytes.append("{")
            bytes.appendMember("at", at)
            bytes.appendMember("reason", reason)
            bytes.append("}")
        }
    }

    /// Creates the progress of a webhook whose first delivery is after the cursor.
    public init(
        cursor: SequenceNumber,
        skippedRanges: [SkippedRange] = [],
        failures: Int = 0,
        failingSince: Timestamp? = nil,
        heldUntil: Timestamp? = nil,
        pause: Pause? = nil,
        slowness: Int = 0,
        replays: [ReplayRange] = []
    ) {
        self.cursor = cursor
        self.skippedRanges = skippedRanges
        self.failures = failures
        self.failingSince = failingSince
        self.heldUntil = heldUntil
        self.pause = pause
        self.slowness = slowness
        self.replays = replays
    }

    /// Whether the last attempt succeeded, and the latest attempts were all quick.
    public var isHealthy: Bool { failures == 0 && slowness == 0 }

    /// Updates ``slowness`` with the duration of an attempt, in milliseconds.
    public mutating func record(duration: Int) {
        slowness = duration > Self.slowAttempt ? Self.maxSlowness : max(0, min(slowness, Self.maxSlowness) - 1)
    }
}

extension WebhookProgress {
    /// Moves the cursor forward to a sequence number, and past every range that it reaches.
    public mutating func advance(to sequence: SequenceNumber) {
        cursor = max(cursor, sequence)
        while let range = skippedRanges.first, let end = range.through, range.after <= cursor {
            cursor = max(cursor, end)
            skippedRanges.removeFirst()
        }
    }

    /// Adapts the progress to a database copy whose newest send log is an earlier one.
    public mutating func clip(to head: SequenceNumber) {
        cursor = min(cursor, head)
        skippedRanges = skippedRanges.compactMap { range in
            guard let end = range.through else { return SkippedRange(after: min(range.after, head)) }
            return range.after < head ? SkippedRange(after: range.after, through: min(end, head)) : nil
        }
        advance(to: cursor)
        replays = replays.compactMap { $0.clipped(to: head) }
    }

    /// Opens a range after the organisation's newest send log, because the webhook is no longer active.
    mutating func stop(at head: SequenceNumber) {
        if let range = skippedRanges.last, range.through == nil {
            // An earlier version of the server, which does not know skipped ranges, left it open.
            skippedRanges[skippedRanges.count - 1].through = max(range.after, cursor)
        }
        if let range = skippedRanges.last, range.through == head {
            skippedRanges[skippedRanges.count - 1].through = nil
        } else {
            skippedRanges.append(SkippedRange(after: head))
        }
    }

    /// Closes the open range at the organisation's newest send log, because the webhook is active again.
    ///
    /// Send logs between the cursor and the range are still delivered.
    mutating func start(at head: SequenceNumber) {
        if let range = skippedRanges.last, range.through == nil {
            skippedRanges[skippedRanges.count - 1].through = max(head, range.after)
            if head <= range.after { skippedRanges.removeLast() }
        } else {
            skippedRanges.append(SkippedRange(after: cursor, through: max(head, cursor)))
        }
        advance(to: cursor)
    }

    /// Returns the ranges after the cursor, up to the organisation's newest sequence number, without the skipped ranges.
    ///
    /// Their send logs are still to be delivered, or to be skipped because of their campaign.
    public func pendingRanges(to head: SequenceNumber) -> [ClosedRange<SequenceNumber>] {
        var ranges: [ClosedRange<SequenceNumber>] = []
        // The last sequence number that is processed or skipped.
        var last = max(cursor, SequenceNumber(0))
        for range in skippedRanges where last < head {
            let end = min(range.after, head)
            if last < end { ranges.append(SequenceNumber(last.number + 1)...end) }
            last = max(last, range.through ?? head)
        }
        if last < head { ranges.append(SequenceNumber(last.number + 1)...head) }
        return ranges
    }

    /// Returns the parts of a range that are delivered or skipped, in order: ``pendingRanges(to:)`` are left out.
    public func processedRanges(
        after: SequenceNumber,
        through: SequenceNumber
    ) -> [ClosedRange<SequenceNumber>] {
        var ranges: [ClosedRange<SequenceNumber>] = []
        var last = after
        func add(to end: SequenceNumber) {
            if last < end { ranges.append(SequenceNumber(last.number + 1)...end) }
        }
        for pending in pendingRanges(to: through) {
            add(to: SequenceNumber(pending.lowerBound.number - 1))
            last = max(last, pending.upperBound)
        }
        add(to: through)
        return ranges
    }

    /// Returns ``pendingRanges(to:)``; none if the webhook was never active.
    func pendingRanges(to head: SequenceNumber, isActive: Bool) -> [ClosedRange<SequenceNumber>] {
        isActive || !skippedRanges.isEmpty ? pendingRanges(to: head) : []
    }
}
