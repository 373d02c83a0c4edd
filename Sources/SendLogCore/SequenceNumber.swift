/// A log's sequence number: its position in the order in which an organisation's logs were recorded, 1, 2, 3 and so on.
///
/// Sequence numbers of deleted logs are not used again.
public struct SequenceNumber: Hashable, Comparable, Sendable {
    /// The number; 0 means before the first log.
    public let number: Int64

    /// Creates a sequence number.
    public init(_ number: Int64) {
        self.number = number
    }

    /// Returns the difference to another sequence number; negative if that is earlier, clamped to `Int64`.
    public func distance(to other: SequenceNumber) -> Int64 {
        let (distance, isTooLarge) = other.number.subtractingReportingOverflow(number)
        return isTooLarge ? (other.number > number ? .max : .min) : distance
    }

    /// Orders sequence numbers by number.
    public static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
        left.number < right.number
    }
}
