/// A range of send logs that were recorded while a webhook was not active, and that it never delivers.
public struct SkippedRange: Equatable, Sendable {
    /// The sequence number before the first send log of the range.
    public let after: SequenceNumber
    /// The sequence number of the last send log of the range; `nil` while the webhook is not active.
    public var through: SequenceNumber?

    /// Creates a range.
    public init(after: SequenceNumber, through: SequenceNumber? = nil) {
        (self.after, self.through) = (after, through)
    }

    /// Returns the stored format of skipped ranges, such as `100-200 300-`.
    public static func stored(_ skippedRanges: [SkippedRange]) -> String {
        skippedRanges.map { "\($0.after.number)-\($0.through.map { "\($0.number)" } ?? "")" }.joined(separator: " ")
    }

    /// Parses stored skipped ranges.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public static func read(stored text: String) throws(StoreError) -> [SkippedRange] {
        var skippedRanges: [SkippedRange] = []
        for part in text.split(separator: " ") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let after = Int64(ends[0]), ends[1].isEmpty || Int64(ends[1]) != nil else {
                throw .corrupted(detail: "the skipped ranges of a webhook are malformed")
            }
            let through = Int64(ends[1]).map { SequenceNumber($0) }
            skippedRanges.append(SkippedRange(after: SequenceNumber(after), through: through))
        }
        return skippedRanges
    }
}
