import SendLogCore

/// A merge of the first rows of a few campaigns, in the order of the search.
///
/// Each campaign has a separate statement, positioned at its next row. So SQLite reads each row only once, and reads no
/// unneeded rows.
struct RowMerge {
    /// The maximum number of campaigns; for more, the statements would use too much memory: see ``CampaignMerge``.
    static let maxSources = 8

    /// The statement of one campaign, positioned at its next row.
    private final class Cursor {
        private let query: Query
        private(set) var start: Int64 = 0
        private(set) var rowID: Int64 = 0

        init(_ query: consuming Query) {
            self.query = query
        }

        /// Moves to the next row.
        ///
        /// - Returns: whether there is a next row.
        /// - Throws: the errors of the database.
        func advance() throws -> Bool {
            guard try query.step() else { return false }
            (rowID, start) = (query.integer(0), query.integer(1))
            return true
        }

        func withRow<Result>(_ body: (borrowing Query) throws -> Result) rethrows -> Result { try body(query) }
    }

    private var cursors: [Cursor] = []
    private let sign: Int64

    /// Creates a merge that begins at the start of a range.
    init(_ sources: [LogSource], in range: LogRange, count: Int, on connection: Connection) throws {
        sign = Int64(range.order.rawValue)
        for (slot, source) in sources.enumerated() {
            let cursor = Cursor(try range.rows(of: source, slot: slot, count: count, on: connection))
            if try cursor.advance() { cursors.append(cursor) }
        }
    }

    /// Calls `body` with the next row.
    ///
    /// - Parameter body: reads the current row of a query, and returns true to stop the merge
    /// - Returns: false after the last row, or if `body` stops the merge.
    /// - Throws: the errors of `body` and of the database.
    mutating func next(_ body: (borrowing Query) throws -> Bool) throws -> Bool {
        guard var next = cursors.indices.first else { return false }
        for index in cursors.indices.dropFirst() {
            let (one, other) = (cursors[index], cursors[next])
            if (one.start * sign, one.rowID * sign) < (other.start * sign, other.rowID * sign) { next = index }
        }
        if try cursors[next].withRow(body) { return false }
        if try !cursors[next].advance() { cursors.remove(at: next) }
        return true
    }
}
