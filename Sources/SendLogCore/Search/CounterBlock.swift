/// A block of consecutive sequence numbers of an organisation.
///
/// Counters are kept per day and block, so that a total under `as_of` counts single logs in one block only.
public enum CounterBlock {
    /// The number of logs in a block.
    public static let size: Int64 = 65_536

    /// Returns the index of a log's block, from 0.
    public static func of(_ sequence: SequenceNumber) -> Int64 { (sequence.number - 1) / size }

    /// Returns the last sequence number of a block.
    public static func last(of block: Int64) -> SequenceNumber { SequenceNumber((block + 1) * size) }
}
