/// Checks numbers where rows become values: a damaged row may hold anything, and must not end the server.
///
/// All throw ``StoreError/damaged(detail:)`` for a number that no sound row has.
public enum StoredNumber {
    /// More send logs than an organisation may have.
    private static let maxSequence: Int64 = 1 << 40
    /// More than all counts of a database together.
    private static let maxCount: Int64 = 1 << 50

    /// A number of send logs or destinations.
    public static func count(_ value: Int64) throws(StoreError) -> Int {
        guard (0...maxCount).contains(value) else { throw .damaged(detail: "a stored count is out of range") }
        return Int(value)
    }

    /// A sequence number; 0 for none.
    public static func sequence(_ value: Int64) throws(StoreError) -> SequenceNumber {
        guard (0..<maxSequence).contains(value) else {
            throw .damaged(detail: "a stored sequence number is out of range")
        }
        return SequenceNumber(value)
    }

    /// The number of a day, as far as timestamps reach.
    public static func day(_ value: Int64) throws(StoreError) -> Int {
        guard (Int64(Timestamp.earliest.day.number)...Int64(Timestamp.latest.day.number)).contains(value) else {
            throw .damaged(detail: "a stored day is out of range")
        }
        return Int(value)
    }

    /// Adds a stored count to a sum of them.
    public static func add(_ value: Int, to sum: inout Int) throws(StoreError) {
        let (total, isTooLarge) = sum.addingReportingOverflow(value)
        if isTooLarge { throw .damaged(detail: "the sum of stored counts is out of range") }
        sum = total
    }
}
