/// Which deliveries were started under leases of a webhook that ended before their attempts did.
///
/// A lease stands for a batch: the next ``batchSize`` sequence numbers behind the webhook's cursor, and the retries that
/// were due. So nothing is written for single attempts. While attempts take so long that the cursor is saved after each of
/// them anyway, a batch is the next sequence number alone, and nothing beside it is suspected.
///
/// If a lease is not released, its server was killed, or crashed: one of the batch may be the cause. Then each delivery of that
/// batch is recorded before it is attempted again, and one that was started ``maxStarts`` times without an end is not
/// attempted any more. If the next server dies as well, its batch is added to what is left of the former one.
public struct StartedAttempts: Equatable, Sendable {
    /// The last sequence number of the batch; all between the cursor and it may have been started.
    private var last: SequenceNumber?
    /// Retries that were due by then may have been started.
    private var dueBy: Timestamp?
    /// How often single deliveries were started.
    private var starts: [SequenceNumber: Int]

    /// Whether the last attempt was quick, so that many are made between two saves.
    private var isQuick: Bool

    /// The sizes of batches, for quick attempts and for others.
    static let batchSizes: (quick: Int64, other: Int64) = (500, 1)
    /// From how many milliseconds on an attempt is not quick: results are saved as often.
    public static let quickAttempt: Int64 = 250
    /// So many starts without an end, and a delivery is set aside.
    public static let maxStarts = 3

    /// Nothing was started that has not ended.
    public static let none = StartedAttempts()

    private init() { (starts, isQuick) = ([:], false) }

    /// How many sequence numbers behind the stored cursor may be attempted before the cursor is stored again.
    public var batchSize: Int64 { isQuick ? Self.batchSizes.quick : Self.batchSizes.other }

    /// Notes how long an attempt took, in milliseconds, which is the size of the batch of the next save.
    public mutating func note(duration: Int) { isQuick = duration < Self.quickAttempt }

    /// Adds the batch of a lease that was not released.
    ///
    /// - Parameters:
    ///   - cursor: the webhook's cursor as it is stored
    ///   - now: when the next lease begins
    mutating func addBatch(after cursor: SequenceNumber, at now: Timestamp) {
        let (end, isTooLarge) = cursor.number.addingReportingOverflow(batchSize)
        last = max(last ?? cursor, SequenceNumber(isTooLarge ? .max : end))
        dueBy = max(dueBy ?? now, now)
    }

    /// Whether nothing was started that has not ended.
    public var isEmpty: Bool { last == nil && dueBy == nil && starts.isEmpty }

    /// How often a new send's delivery was started without an end.
    public func starts(of sequence: SequenceNumber) -> Int {
        starts[sequence] ?? (last.map { sequence <= $0 } == true ? 1 : 0)
    }

    /// How often a retry was started without an end.
    ///
    /// - Parameters:
    ///   - sequence: its send
    ///   - nextTry: when it was due
    /// - Returns: the count.
    public func starts(ofRetry sequence: SequenceNumber, dueAt nextTry: Timestamp) -> Int {
        starts[sequence] ?? (dueBy.map { nextTry <= $0 } == true ? 1 : 0)
    }

    /// Records a start.
    public mutating func begin(_ sequence: SequenceNumber, starts count: Int) { starts[sequence] = count }

    /// Records an end, with any result.
    public mutating func end(_ sequence: SequenceNumber) { starts[sequence] = nil }

    /// Forgets the batch's new sends once the cursor is behind them.
    public mutating func advance(to cursor: SequenceNumber) {
        if let last, cursor >= last { self.last = nil }
    }

    /// Forgets the batch's new sends, once nothing is behind the cursor.
    public mutating func endNew() { last = nil }

    /// Forgets all retries, once none is due; what was started of sends behind the cursor stays.
    public mutating func endRetries(behind cursor: SequenceNumber) {
        dueBy = nil
        starts = starts.filter { $0.key > cursor }
    }
}

extension StartedAttempts {
    /// What stores add when a webhook is leased whose former lease was not released: SQL does not know the batch itself.
    public static let unreleased = "batch"

    /// The record as stores keep it, such as `many last:600 due:1643155200000 57:2`.
    public var stored: String {
        var parts = isQuick ? ["many"] : []
        if let last { parts.append("last:\(last.number)") }
        if let dueBy { parts.append("due:\(dueBy.milliseconds)") }
        parts += starts.sorted { $0.key < $1.key }.map { "\($0.key.number):\($0.value)" }
        return parts.joined(separator: " ")
    }

    /// Reads what a store kept.
    ///
    /// What cannot be understood counts as a batch: it says no more than that something was started.
    ///
    /// - Parameters:
    ///   - text: what it kept
    ///   - cursor: the webhook's cursor, for the batch of a lease that was not released
    ///   - now: when the webhook was leased
    public init(stored text: String, after cursor: SequenceNumber, at now: Timestamp) {
        self.init()
        for part in text.split(separator: " ") {
            if part == "many" {
                isQuick = true
                continue
            }
            let sides = part.split(separator: ":", omittingEmptySubsequences: false)
            switch (sides[0], sides.count == 2 ? Int64(sides[1]) : nil, Int64(sides[0])) {
            case ("last", let value?, _): last = SequenceNumber(value)
            case ("due", let value?, _): dueBy = Timestamp(milliseconds: value) ?? .latest
            case (_, let value?, let sequence?): starts[SequenceNumber(sequence)] = Int(clamping: value)
            default: addBatch(after: cursor, at: now)
            }
        }
    }
}
