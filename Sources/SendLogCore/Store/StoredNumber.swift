/// Range checks for numbers that are read from database rows.
///
/// A corrupted row may hold any number, and must not crash the server. All methods throw
/// ``StoreError/corrupted(detail:)`` for a number that no valid row has.
public enum StoredNumber {
    /// The upper bound of sequence numbers, more than an organisation can have.
    private static let maxSequence: Int64 = 1 << 40
    /// The upper bound of counts, more than the sum of all counts of a database.
    private static let maxCount: Int64 = 1 << 50

    /// Returns a count of send logs or destinations.
    public static func count(_ value: Int64) throws(StoreError) -> Int {
        guard (0...maxCount).contains(value) else { throw .corrupted(detail: "a stored count is out of range") }
        return Int(value)
    }

    /// Returns a sequence number; 0 for none.
    public static func sequence(_ value: Int64) throws(StoreError) -> SequenceNumber {
        guard (0..<maxSequence).contains(value) else {
            throw .corrupted(detail: "a stored sequence number is out of range")
        }
        return SequenceNumber(value)
    }

    /// Returns the number of a day within the range of ``Timestamp``.
    public static func day(_ value: Int64) throws(StoreError) -> Int {
        guard (Int64(Timestamp.earliest.day.number)...Int64(Timestamp.latest.day.number)).contains(value) else {
            throw .corrupted(detail: "a stored day is out of range")
        }
        return Int(value)
    }

    /// Adds a stored count to a sum.
    public static func add(_ value: Int, to sum: inout Int) throws(StoreError) {
        let (total, isTooLarge) = sum.addingReportingOverflow(value)
        if isTooLarge { throw .corrupted(detail: "the sum of stored counts is out of range") }
        sum = total
    }
}
