/// A checksum of pairs of recipients and send logs that does not depend on their order.
///
/// The check of a database compares that of the index with that of the lists. Each pair is added once, however often a
/// list or the index repeats it.
public struct RecipientChecksum: Equatable, Sendable {
    /// The sum of the pairs' hashes.
    public private(set) var value: UInt64 = 0
    /// The number of pairs.
    public private(set) var pairs = 0

    /// Creates the checksum of no pairs.
    public init() {}

    /// Adds a pair.
    public mutating func add(_ code: RecipientCode, _ sequence: Int64) {
        value &+= Self.mixed(Self.mixed(Self.mixed(code.group) ^ code.rest) ^ UInt64(bitPattern: sequence))
        pairs += 1
    }

    /// Returns the next number of SplitMix64 after a state (<https://doi.org/10.1145/2714064.2660195>).
    private static func mixed(_ state: UInt64) -> UInt64 {
        var mixed = state &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
