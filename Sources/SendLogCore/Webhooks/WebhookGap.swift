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
