/// The deliveries that may have been started under leases of a webhook that were not released.
///
/// A lease covers a batch: the next ``batchSize`` sequence numbers after the webhook's cursor, and the retries that are
/// due. So single attempts need no write. While attempts are slow, the cursor is saved after each of them anyway: then
/// a batch is only the next sequence number, and no other delivery is suspected.
///
/// If a lease is not released, its server crashed or was killed, and a delivery of the batch may be the cause. Then
/// each delivery of that batch is recorded before it is attempted again, and a delivery with ``maxUnfinishedAttempts``
/// unfinished attempts is not attempted any more. If the next server crashes as well, its batch is added to the rest
/// of the previous one.
public struct StartedAttempts: Equatable, Sendable {
    /// The last sequence number of the batch; every delivery after the cursor up to it may have been started.
    private var last: SequenceNumber?
    /// The latest due time of the batch; every retry that was due by then may have been started.
    private var dueBy: Timestamp?
    /// The number of unfinished attempts of single deliveries.
    private var starts: [SequenceNumber: Int]
    /// Whether the last attempt was quick, so that many attempts are made between two saves.
    private var isQuick: Bool

    /// The batch sizes, in sequence numbers, for quick attempts and for others.
    static let batchSizes: (quick: Int64, other: Int64) = (500, 1)
    /// The duration in milliseconds from which an attempt is not quick; results are saved at the same interval.
    public static let quickAttempt: Int64 = 250
    /// The number of unfinished attempts after which a delivery is not attempted any more.
    public static let maxUnfinishedAttempts = 3

    /// No started attempts.
    public static let none = StartedAttempts()

    private init() { (starts, isQuick) = ([:], false) }

    /// The number of sequence numbers after the stored cursor that may be attempted before the cursor is stored again.
    public var batchSize: Int64 { isQuick ? Self.batchSizes.quick : Self.batchSizes.other }

    /// Updates the batch size of the next save with the duration of an attempt, in milliseconds.
    public mutating func record(duration: Int) { isQuick = duration < Self.quickAttempt }

    /// Adds the batch of a lease that was not released; the next lease starts now.
    private mutating func addBatch(after cursor: SequenceNumber, at now: Timestamp) {
        let (end, isTooLarge) = cursor.number.addingReportingOverflow(batchSize)
        last = max(last ?? cursor, SequenceNumber(isTooLarge ? .max : end))
        dueBy = max(dueBy ?? now, now)
    }

    /// Whether every started attempt has ended.
    public var isEmpty: Bool { last == nil && dueBy == nil && starts.isEmpty }

    /// Returns the number of unfinished attempts of a new send's delivery.
    public func starts(of sequence: SequenceNumber) -> Int {
        starts[sequence] ?? (last.map { sequence <= $0 } == true ? 1 : 0)
    }

    /// Returns the number of unfinished attempts of a retry that was due at a time.
    public func starts(ofRetry sequence: SequenceNumber, dueAt nextTry: Timestamp) -> Int {
        starts[sequence] ?? (dueBy.map { nextTry <= $0 } == true ? 1 : 0)
    }

    /// Records the start of a delivery's attempt.
    public mutating func begin(_ sequence: SequenceNumber, starts count: Int) { starts[sequence] = count }

    /// Records the end of a delivery's attempt, with any result.
    public mutating func end(_ sequence: SequenceNumber) { starts[sequence] = nil }

    /// Removes the batch's new sends if the cursor has reached the last of them.
    public mutating func advance(to cursor: SequenceNumber) {
        if let last, cursor >= last { self.last = nil }
    }

    /// Removes the batch's new sends; called when there is no send after the cursor.
    public mutating func endNew() { last = nil }

    /// Removes all retries, called when none is due; starts of sends after the cursor stay.
    public mutating func endRetries(through cursor: SequenceNumber) {
        dueBy = nil
        starts = starts.filter { $0.key > cursor }
    }
}

extension StartedAttempts {
    /// The marker that a store appends when it leases a webhook whose last lease was not released: SQL cannot compute
    /// the batch, ``init(stored:after:at:)`` does.
    public static let unreleased = "batch"

    /// The stored format, such as `many last:600 due:1643155200000 57:2`.
    ///
    /// `many` means that attempts were quick, so that many were made between two saves; `57:2` means two unfinished
    /// attempts of the send with sequence number 57.
    public var stored: String {
        var parts = isQuick ? ["many"] : []
        if let last { parts.append("last:\(last.number)") }
        if let dueBy { parts.append("due:\(dueBy.milliseconds)") }
        parts += starts.sorted { $0.key < $1.key }.map { "\($0.key.number):\($0.value)" }
        return parts.joined(separator: " ")
    }

    /// Parses the stored format of a webhook with a cursor that is leased now.
    ///
    /// An unknown part counts as the batch of a lease that was not released: it only says that something was started.
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
