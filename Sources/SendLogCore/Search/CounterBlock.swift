/// A block of consecutive sequence numbers of an organisation.
///
/// Counters are kept per day and block, so that a total under `as_of` counts single logs in one block only.
public enum CounterBlock {
    /// The number of sequence numbers in a block.
    public static let size: Int64 = 65_536

    /// Returns the index of a log's block, from 0.
    public static func of(_ sequence: SequenceNumber) -> Int64 { (sequence.number - 1) / size }

    /// Returns the last sequence number of a block.
    public static func last(of block: Int64) -> SequenceNumber { SequenceNumber((block + 1) * size) }

    /// Splits a range of sequence numbers into whole blocks, whose logs the counters count, and parts of blocks.
    ///
    /// - Parameter range: sequence numbers from 1
    /// - Returns: the whole blocks, and the parts of blocks at the ends of the range in ascending order.
    public static func split(_ range: ClosedRange<SequenceNumber>) -> (
        whole: ClosedRange<Int64>?, parts: [ClosedRange<SequenceNumber>]
    ) {
        let (first, last) = (range.lowerBound.number, range.upperBound.number)
        let whole = ((first - 1 + size - 1) / size, last / size - 1)
        guard whole.0 <= whole.1 else { return (nil, [range]) }
        var parts: [ClosedRange<SequenceNumber>] = []
        let (begin, end) = (whole.0 * size, (whole.1 + 1) * size)
        if first <= begin { parts.append(range.lowerBound...SequenceNumber(begin)) }
        if end < last { parts.append(SequenceNumber(end + 1)...range.upperBound) }
        return (whole.0...whole.1, parts)
    }
}
