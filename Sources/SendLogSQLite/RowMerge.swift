import SendLogCore

/// Merges the first rows of a few campaigns in the order of the answer.
///
/// Each campaign has a statement of its own that stands at its next row, so that SQLite reads each row once and none too many.
struct RowMerge {
    /// Of more campaigns the statements would take too much memory; see ``CampaignMerge``.
    static let most = 8

    /// One campaign's statement, at the row that comes next.
    private final class Cursor {
        private let query: Query
        private(set) var start: Int64 = 0
        private(set) var rowID: Int64 = 0

        init(_ query: consuming Query) {
            self.query = query
        }

        /// - Returns: whether there is a next row.
        func advance() throws -> Bool {
            guard try query.step() else { return false }
            (rowID, start) = (query.integer(0), query.integer(1))
            return true
        }

        func lend<Result>(_ body: (borrowing Query) throws -> Result) rethrows -> Result { try body(query) }
    }

    private var cursors: [Cursor] = []
    private let sign: Int64

    /// Begins at the beginning of a range.
    init(_ sources: [LogSource], in range: LogRange, count: Int, on connection: Connection) throws {
        sign = Int64(range.order.rawValue)
        for (slot, source) in sources.enumerated() {
            let cursor = Cursor(try range.rows(of: source, slot: slot, count: count, on: connection))
            if try cursor.advance() { cursors.append(cursor) }
        }
    }

    /// Lends the next row.
    ///
    /// - Parameter body: takes the row that a query stands at, and says whether it has enough
    /// - Returns: whether there may be more, and more is wanted.
    /// - Throws: what `body` throws, or why the database failed.
    mutating func next(_ body: (borrowing Query) throws -> Bool) throws -> Bool {
        guard var next = cursors.indices.first else { return false }
        for place in cursors.indices.dropFirst() {
            let (one, other) = (cursors[place], cursors[next])
            if (one.start * sign, one.rowID * sign) < (other.start * sign, other.rowID * sign) { next = place }
        }
        if try cursors[next].lend(body) { return false }
        if try !cursors[next].advance() { cursors.remove(at: next) }
        return true
    }
}
