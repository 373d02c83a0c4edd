import GRDB
import SendLogCore

/// A stretch of one source's logs in the order of an answer: between two moments, behind a log, and not recorded later than another.
struct LogRange {
    let from: Timestamp
    let to: Timestamp
    let order: SortOrder
    /// The log behind which the stretch begins, or `nil` for the beginning.
    var after: (start: Timestamp, sequence: SequenceNumber)?
    let asOf: Place
    let organisation: OrganisationID

    /// Goes through logs of a source in order until `body` has enough.
    ///
    /// Columns of the index alone are read for logs that the offset passes over. Behind a log come first those of its own
    /// millisecond, of which there may be a million, and then the later ones: compared as a pair (start, place) with one
    /// statement, SQLite seeks by the start alone and walks over all logs of that millisecond.
    ///
    /// - Parameters:
    ///   - source: whose logs
    ///   - columns: what is read of each
    ///   - offset: how many logs to pass over, from the beginning of the stretch
    ///   - count: how many to go through at most
    ///   - database: where they are
    ///   - body: takes the row that a query stands at, and says whether it has enough
    /// - Throws: what `body` throws, or why the database failed.
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
            var query = try Query(made: Self.tiesSQL(source, order: order, columns: columns), on: database)
            try query.bind(source.number)
            try query.bind(after.start.milliseconds)
            try query.bind(Place(organisation, after.sequence).rowID)
            try query.bind(asOf.rowID)
            try query.bind(left)
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
        var query = try Query(made: Self.sql(source, order: order, columns: columns), on: database)
        try query.bind(source.number)
        try query.bind(first)
        try query.bind(last)
        try query.bind(asOf.rowID)
        try query.bind(left)
        try query.bind(offset)
        while try query.step() {
            if try body(query) { return }
        }
    }

    /// A query for the first rows of a source, which stays valid beside those of other slots.
    func rows(of source: LogSource, slot: Int, count: Int, on connection: Connection) throws -> Query {
        let sql = Self.sql(source, order: order, columns: "place, start, destinations, record")
        var query = try Query(made: "\(sql) -- \(slot)", on: connection)
        try query.bind(source.number)
        try query.bind(from.milliseconds)
        try query.bind(to.milliseconds)
        try query.bind(asOf.rowID)
        try query.bind(count)
        try query.bind(0)
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

    /// The logs of one millisecond behind a place.
    static func tiesSQL(_ source: LogSource, order: SortOrder, columns: String) -> String {
        let (beyond, direction) = order == .oldestFirst ? (">", "ASC") : ("<", "DESC")
        return """
            SELECT \(columns) FROM send_logs INDEXED BY \(source.index)
            WHERE \(source.column) = ? AND start = ? AND place \(beyond) ? AND place <= ?
            ORDER BY place \(direction) LIMIT ?
            """
    }
}
