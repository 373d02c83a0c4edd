import GRDB
import HeapModule
import SendLogCore

/// A merge of the logs of several campaigns in the order of the search.
///
/// It reads at most one batch ahead from each campaign's index.
struct CampaignMerge {
    /// The next log of one campaign; the smallest entry comes first in the result.
    private struct Entry: Comparable {
        let start: Int64
        let rowID: Int64
        let cursor: Int
        let sign: Int64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.start * left.sign, left.rowID * left.sign) < (right.start * right.sign, right.rowID * right.sign)
        }
    }

    /// The read position in one campaign.
    private struct Cursor {
        let source: LogSource
        var range: LogRange
        /// The entries that are read but not yet merged, in reverse order.
        var batch: [(start: Int64, rowID: Int64)] = []
        var batchSize: Int
        var isAtEnd = false
    }

    private static let maxBatchSize = 1024

    private let database: Connection
    private var cursors: [Cursor]
    private var heap = Heap<Entry>()

    /// Creates a merge that begins at the start of a range, and expects to return about `requested` logs of all campaigns.
    init(_ sources: [LogSource], in range: LogRange, requested: Int, on database: Connection) throws {
        self.database = database
        let share = min(max(2 * requested / max(sources.count, 1), 2), 256)
        cursors = sources.map { Cursor(source: $0, range: range, batchSize: share) }
        heap.reserveCapacity(cursors.count)
        for cursor in cursors.indices {
            if let entry = try next(cursor) { heap.insert(entry) }
        }
    }

    /// Returns the row ID of the next log, or `nil` after the last one.
    mutating func next() throws -> RowID? {
        guard let entry = heap.min else { return nil }
        if let next = try next(entry.cursor) { heap.replaceMin(with: next) } else { heap.removeMin() }
        return RowID(rawValue: entry.rowID)
    }

    private mutating func next(_ index: Int) throws -> Entry? {
        if cursors[index].batch.isEmpty { try refill(&cursors[index]) }
        guard let next = cursors[index].batch.popLast() else { return nil }
        let order = cursors[index].range.order
        return Entry(start: next.start, rowID: next.rowID, cursor: index, sign: Int64(order.rawValue))
    }

    private func refill(_ cursor: inout Cursor) throws {
        if cursor.isAtEnd { return }
        var batch: [(start: Int64, rowID: Int64)] = []
        try cursor.range.forEach(
            cursor.source,
            columns: "start, place",
            offset: 0,
            count: cursor.batchSize,
            on: database
        ) { query in
            batch.append((query.integer(0), query.integer(1)))
            return false
        }
        cursor.batch = batch
        cursor.isAtEnd = cursor.batch.count < cursor.batchSize
        if let last = cursor.batch.last, let start = Timestamp(milliseconds: last.start) {
            cursor.range.after = (start, RowID(rawValue: last.rowID).sequence)
        }
        cursor.batch.reverse()
        cursor.batchSize = min(cursor.batchSize * 2, Self.maxBatchSize)
    }
}
