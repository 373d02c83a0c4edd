/// A range of send logs that were recorded while a webhook was not active, and that it never delivers.
public struct WebhookGap: Equatable, Sendable {
    /// The sequence number before the first send log of the gap.
    public let after: SequenceNumber
    /// The sequence number of the last send log of the gap; `nil` while the webhook is not active.
    public var through: SequenceNumber?

    /// Creates a gap.
    public init(after: SequenceNumber, through: SequenceNumber? = nil) {
        self.after = after
        self.through = through
    }
}

extension WebhookGap {
    /// Returns the stored format of gaps, such as `100-200 300-`.
    public static func stored(_ gaps: [WebhookGap]) -> String {
        gaps.map { "\($0.after.number)-\($0.through.map { "\($0.number)" } ?? "")" }.joined(separator: " ")
    }

    /// Parses stored gaps.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public static func read(stored text: String) throws(StoreError) -> [WebhookGap] {
        var gaps: [WebhookGap] = []
        for part in text.split(separator: " ") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let after = Int64(ends[0]), ends[1].isEmpty || Int64(ends[1]) != nil else {
                throw .corrupted(detail: "the gaps of a webhook are malformed")
            }
            gaps.append(WebhookGap(after: SequenceNumber(after), through: Int64(ends[1]).map { SequenceNumber($0) }))
        }
        return gaps
    }
}
