/// The number of send logs that a search finds in a period of time, and of their destinations.
public struct SendTotals: Equatable, Sendable {
    /// The number of send logs.
    public var sends: Int
    /// The number of destinations of these send logs.
    public var destinations: Int

    /// Creates totals, by default of no send logs.
    public init(sends: Int = 0, destinations: Int = 0) {
        (self.sends, self.destinations) = (sends, destinations)
    }

    /// Creates totals from numbers that are read from a database row.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if a number is out of range.
    public init(storedSends sends: Int64, destinations: Int64) throws(StoreError) {
        (self.sends, self.destinations) = (try StoredNumber.count(sends), try StoredNumber.count(destinations))
    }

    /// The totals to add in order to subtract these.
    public var negated: SendTotals { SendTotals(sends: 0 &- sends, destinations: 0 &- destinations) }

    /// Adds other totals; a sum that is out of range becomes the largest number.
    public static func += (left: inout SendTotals, right: SendTotals) {
        left.sends = sum(left.sends, right.sends)
        left.destinations = sum(left.destinations, right.destinations)
    }

    /// Adds other totals.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if a sum is out of range.
    public mutating func add(_ other: SendTotals) throws(StoreError) {
        try StoredNumber.add(other.sends, to: &sends)
        try StoredNumber.add(other.destinations, to: &destinations)
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, isTooLarge) = left.addingReportingOverflow(right)
        return isTooLarge ? .max : sum
    }
}
