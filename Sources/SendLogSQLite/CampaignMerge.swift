import GRDB
import HeapModule
import SendLogCore

/// Merges the logs of several campaigns in the order of the answer, reading from each index no more than a batch ahead.
struct CampaignMerge {
    /// The next log of one campaign; the least comes first in the answer.
    private struct Entry: Comparable {
        let start: Int64
        let rowID: Int64
        let cursor: Int
        let sign: Int64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.start * left.sign, left.rowID * left.sign) < (right.start * right.sign, right.rowID * right.sign)
        }
    }

    /// How far one campaign was read.
    private struct Cursor {
        let source: LogSource
        var range: LogRange
        /// What was read and not yet taken, in reverse.
        var batch: [(start: Int64, rowID: Int64)] = []
        var batchSize: Int
        var isAtEnd = false
    }

    private static let mostInBatch = 1024

    private let database: Connection
    private var cursors: [Cursor]
    private var heap = Heap<Entry>()

    /// Begins at the beginning of a range, of which about `wanted` logs will be taken, of all campaigns together.
    init(_ sources: [LogSource], in range: LogRange, wanted: Int, on database: Connection) throws {
        self.database = database
        let share = min(max(2 * wanted / max(sources.count, 1), 2), 256)
        cursors = sources.map { Cursor(source: $0, range: range, batchSize: share) }
        heap.reserveCapacity(cursors.count)
        for cursor in cursors.indices {
            if let entry = try next(cursor) { heap.insert(entry) }
        }
    }

    /// Takes the next log's place, or `nil` behind the last.
    mutating func next() throws -> Place? {
        guard let entry = heap.min else { return nil }
        if let next = try next(entry.cursor) { heap.replaceMin(with: next) } else { heap.removeMin() }
        return Place(rowID: entry.rowID)
    }

    private mutating func next(_ place: Int) throws -> Entry? {
        if cursors[place].batch.isEmpty { try refill(&cursors[place]) }
        guard let next = cursors[place].batch.popLast() else { return nil }
        let order = cursors[place].range.order
        return Entry(start: next.start, rowID: next.rowID, cursor: place, sign: Int64(order.rawValue))
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
            cursor.range.after = (start, Place(rowID: last.rowID).sequence)
        }
        cursor.batch.reverse()
        cursor.batchSize = min(cursor.batchSize * 2, Self.mostInBatch)
    }
}
