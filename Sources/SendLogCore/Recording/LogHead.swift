/// The end of an organisation's order of recording: the newest sequence number, and the number of send logs up to it.
///
/// The number is smaller after deletions, because sequence numbers are not used again.
public struct LogHead: Equatable, Sendable {
    /// The newest sequence number that was used; 0 if nothing was recorded.
    public let lastSequence: SequenceNumber
    /// The number of send logs.
    public let count: Int

    /// The head of an organisation in which nothing was recorded.
    public static let empty = LogHead()

    private init() { (lastSequence, count) = (SequenceNumber(0), 0) }

    /// Creates a head from the newest sequence number, and the number of sequence numbers without a send log.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if a number is out of range.
    public init(storedSequence lastSequence: Int64, deleted: Int64) throws(StoreError) {
        self.lastSequence = try StoredNumber.sequence(lastSequence)
        guard (0...lastSequence).contains(deleted) else {
            throw .corrupted(detail: "the number of deleted send logs is out of range")
        }
        count = Int(lastSequence - deleted)
    }

    /// Returns the number of send logs up to a sequence number; `nil` if only counting gives it, after deletions.
    public func count(asOf sequence: SequenceNumber) -> Int? {
        if sequence >= lastSequence { return count }
        return hasGaps ? nil : Int(sequence.number)
    }

    /// Whether some sequence numbers have no send log.
    public var hasGaps: Bool { gaps > 0 }

    /// The number of sequence numbers without a send log, which grows with every deletion.
    public var gaps: Int64 { lastSequence.number - Int64(count) }
}
