/// Send logs that were recorded while a webhook was not active, and are never told by it.
public struct WebhookGap: Equatable, Sendable {
    /// The last that was recorded before.
    public let after: SequenceNumber
    /// The last of them; `nil` while the webhook is not active.
    public var through: SequenceNumber?

    /// Names a gap.
    public init(after: SequenceNumber, through: SequenceNumber? = nil) {
        self.after = after
        self.through = through
    }
}

extension WebhookGap {
    /// Gaps as stores keep them: `100-200 300-`.
    public static func stored(_ gaps: [WebhookGap]) -> String {
        gaps.map { "\($0.after.number)-\($0.through.map { "\($0.number)" } ?? "")" }.joined(separator: " ")
    }

    /// Understands gaps that a store kept.
    ///
    /// - Throws: ``StoreError/damaged(detail:)``.
    public static func read(stored text: String) throws(StoreError) -> [WebhookGap] {
        var gaps: [WebhookGap] = []
        for part in text.split(separator: " ") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let after = Int64(ends[0]), ends[1].isEmpty || Int64(ends[1]) != nil else {
                throw .damaged(detail: "a webhook's gaps")
            }
            gaps.append(WebhookGap(after: SequenceNumber(after), through: Int64(ends[1]).map { SequenceNumber($0) }))
        }
        return gaps
    }
}

extension WebhookProgress {
    /// Notes that all up to a send log are told; of those behind it a gap is passed over.
    public mutating func advance(to sequence: SequenceNumber) {
        told = max(told, sequence)
        while let gap = gaps.first, let end = gap.through, gap.after <= told {
            told = max(told, end)
            gaps.removeFirst()
        }
    }

    /// Begins a gap behind the organisation's last send log.
    mutating func stop(at head: SequenceNumber) {
        if gaps.last.map({ $0.through != nil }) ?? true { gaps.append(WebhookGap(after: head)) }
    }

    /// Ends the gap, where one has begun, with the organisation's last send log; what was there before it is still to be told.
    mutating func start(at head: SequenceNumber) {
        if let gap = gaps.last, gap.through == nil {
            gaps[gaps.count - 1].through = max(head, gap.after)
        } else {
            gaps.append(WebhookGap(after: told, through: max(head, told)))
        }
        advance(to: told)
    }

    /// How many send logs are still to be told or passed over as others' campaigns, those in gaps left out.
    ///
    /// - Parameter head: the organisation's last send log
    /// - Returns: how many.
    public func behind(_ head: SequenceNumber) -> Int64 {
        let skipped = gaps.map { gap in
            max(0, min(gap.through ?? head, head).number - max(gap.after, told).number)
        }
        return max(0, head.number - told.number - skipped.reduce(0, +))
    }
}
