/// How many logs, in the order of recording, one block of counters covers.
///
/// Counters are kept by day and block, so that a total under `as_of` needs to look at single logs of one block only.
public enum CounterBlock {
    /// The number of logs in a block.
    public static let size: Int64 = 65_536

    /// The block of a log, from 0.
    public static func of(_ sequence: SequenceNumber) -> Int64 { (sequence.number - 1) / size }

    /// The last log of a block.
    public static func last(of block: Int64) -> SequenceNumber { SequenceNumber((block + 1) * size) }
}
