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

    /// A query for logs of a source in order; what is left to bind is the limit and the offset.
    ///
    /// Moments and places are compared as pairs, which SQLite seeks in the index; columns of the index alone are read for logs that the
    /// offset passes over.
    func query(_ source: LogSource, columns: String, on database: Database) throws -> Query {
        var query = try Query(Self.sql(source, order: order, columns: columns), on: database)
        try query.bind(source.number)
        let place = after.map { Place(organisation, $0.sequence).rowID }
        switch order {
        case .oldestFirst:
            // No log has place 0, nor the greatest one: the pair alone bounds the stretch.
            try query.bind((after?.start ?? from).milliseconds)
            try query.bind(place ?? 0)
            try query.bind(to.milliseconds)
        case .newestFirst:
            try query.bind((after?.start ?? to).milliseconds)
            try query.bind(place ?? .max)
            try query.bind(from.milliseconds)
        }
        try query.bind(asOf.rowID)
        return query
    }

    static func sql(_ source: LogSource, order: SortOrder, columns: String) -> String {
        let (beyond, until, direction) = order == .oldestFirst ? (">", "<=", "ASC") : ("<", ">=", "DESC")
        return """
            SELECT \(columns) FROM send_logs INDEXED BY \(source.index)
            WHERE \(source.column) = ? AND (start, place) \(beyond) (?, ?) AND start \(until) ? AND place <= ?
            ORDER BY start \(direction), place \(direction) LIMIT ? OFFSET ?
            """
    }
}
