import GRDB
import SendLogCore

/// A range of one source's logs in the order of a search: between two times, after a given log, and within a snapshot.
struct LogRange {
    let from: Timestamp
    let to: Timestamp
    let order: SortOrder
    /// The log after which the range begins, or `nil` for the start.
    var after: (start: Timestamp, sequence: SequenceNumber)?
    let asOf: RowID
    let organisation: OrganisationID

    /// Calls `body` with the logs of a source, in order, until `body` returns true.
    ///
    /// SQLite reads only index columns of the logs that the offset skips. After a given log, one statement reads the
    /// rest of its millisecond, which can have a million logs, and a second statement reads the logs that follow. With
    /// one statement that compares the pair (`start`, `place`), SQLite would seek by `start` alone and scan all logs of
    /// that millisecond.
    ///
    /// - Parameters:
    ///   - source: the organisation or campaign that has the logs
    ///   - columns: the columns to read, in SQL
    ///   - offset: the number of logs to skip, from the start of the range
    ///   - count: the maximum number of logs to read
    ///   - database: the connection to read from
    ///   - body: reads the current row of a query, and returns true to stop
    /// - Throws: the errors of `body` and of the database.
    func forEach(
        _ source: LogSource,
        columns: String,
        offset: Int,
        count: Int,
        on database: Connection,
        _ body: (borrowing Query) throws -> Bool
    ) throws {
        var (first, last, left) = (from.milliseconds, to.milliseconds, count)
        if let after {
            var query = try Query(dynamicSQL: Self.tiesSQL(source, order: order, columns: columns), on: database)
            try query.bind(source.number, after.start.milliseconds, RowID(organisation, after.sequence).rawValue)
            try query.bind(asOf.rawValue, left)
            while try query.step() {
                if try body(query) { return }
                left -= 1
            }
            switch order {
            case .oldestFirst: first = after.start.milliseconds + 1
            case .newestFirst: last = after.start.milliseconds - 1
            }
        }
        if left == 0 { return }
        var query = try Query(dynamicSQL: Self.sql(source, order: order, columns: columns), on: database)
        try query.bind(source.number, first, last, asOf.rawValue, left, offset)
        while try query.step() {
            if try body(query) { return }
        }
    }

    /// Returns a query for the first rows of a source; queries of different slots can run at the same time.
    func rows(of source: LogSource, slot: Int, count: Int, on connection: Connection) throws -> Query {
        let sql = Self.sql(source, order: order, columns: "place, start, destinations, record")
        var query = try Query(dynamicSQL: "\(sql) -- \(slot)", on: connection)
        try query.bind(source.number, from.milliseconds, to.milliseconds, asOf.rawValue, count, 0)
        return query
    }

    static func sql(_ source: LogSource, order: SortOrder, columns: String) -> String {
        let direction = order == .oldestFirst ? "ASC" : "DESC"
        return """
            SELECT \(columns) FROM send_logs INDEXED BY \(source.index)
            WHERE \(source.column) = ? AND start BETWEEN ? AND ? AND place <= ?
            ORDER BY start \(direction), place \(direction) LIMIT ? OFFSET ?
            """
    }

    /// Returns the SQL for the logs of one millisecond that follow a row ID.
    static func tiesSQL(_ source: LogSource, order: SortOrder, columns: String) -> String {
        let (beyond, direction) = order == .oldestFirst ? (">", "ASC") : ("<", "DESC")
        return """
            SELECT \(columns) FROM send_logs INDEXED BY \(source.index)
            WHERE \(source.column) = ? AND start = ? AND place \(beyond) ? AND place <= ?
            ORDER BY place \(direction) LIMIT ?
            """
    }
}
