import GRDB
import SendLogCore

/// Counts a search's logs by day, from the counters; only days that the search cuts, and logs that `as_of` leaves out, are counted singly.
struct DayCounts {
    let database: Connection
    let organisation: OrganisationID
    let sources: [LogSource]
    let from: Timestamp
    let to: Timestamp
    let asOf: SequenceNumber
    let head: SequenceNumber

    /// The days with their counts, earliest first.
    func all() throws -> [DayCount] {
        var days: [Int: Int] = [:]
        let whole = wholeDays
        if let whole {
            for source in sources { try addCounters(of: source, over: whole, to: &days) }
            try forEachUnseen(over: whole) { days[$0, default: 0] -= 1 }
        }
        for edge in edges(around: whole) {
            let sends = try count(edge)
            if sends > 0 { days[Int(Timestamp.floorDay(edge.lowerBound)), default: 0] += sends }
        }
        return days.filter { $0.value > 0 }.sorted { $0.key < $1.key }
            .map { DayCount(day: Day(number: $0.key), sends: $0.value) }
    }

    /// The sum of ``all()``, which SQLite adds up by itself.
    func total() throws -> Int {
        var total = 0
        let whole = wholeDays
        if let whole {
            for source in sources {
                let query = try countersQuery(source, over: whole, columns: "ifnull(sum(sends), 0)", grouping: "")
                if try query.step() { total += Int(query.integer(0)) }
            }
            try forEachUnseen(over: whole) { _ in total -= 1 }
        }
        return try edges(around: whole).reduce(total) { try $0 + count($1) }
    }

    /// The days that lie wholly within the search.
    private var wholeDays: ClosedRange<Int>? {
        let first = from.milliseconds == from.day.firstMillisecond ? from.day.number : from.day.number + 1
        let last = to.milliseconds == to.day.lastMillisecond ? to.day.number : to.day.number - 1
        return first <= last ? first...last : nil
    }

    /// The parts of days, in milliseconds, that the search cuts: none, one or two.
    private func edges(around whole: ClosedRange<Int>?) -> [ClosedRange<Int64>] {
        if from.day == to.day { return whole == nil ? [from.milliseconds...to.milliseconds] : [] }
        var edges: [ClosedRange<Int64>] = []
        if from.milliseconds != from.day.firstMillisecond { edges.append(from.milliseconds...from.day.lastMillisecond) }
        if to.milliseconds != to.day.lastMillisecond { edges.append(to.day.firstMillisecond...to.milliseconds) }
        return edges
    }

    private func addCounters(of source: LogSource, over days: ClosedRange<Int>, to counts: inout [Int: Int]) throws {
        let query = try countersQuery(source, over: days, columns: "day, sum(sends)", grouping: "GROUP BY day")
        while try query.step() { counts[Int(query.integer(0)), default: 0] += Int(query.integer(1)) }
    }

    private func countersQuery(
        _ source: LogSource,
        over days: ClosedRange<Int>,
        columns: String,
        grouping: String
    ) throws -> Query {
        var query = try Query(
            made: """
            SELECT \(columns) FROM \(source.counters)
            WHERE \(source.column) = ? AND day BETWEEN ? AND ? AND block <= ? \(grouping)
            """,
            on: database
        )
        try query.bind(source.number)
        try query.bind(days.lowerBound)
        try query.bind(days.upperBound)
        try query.bind(CounterBlock.of(asOf))
        return query
    }

    /// Tells the days of logs that the counters hold and the search does not see: less than a block of them.
    private func forEachUnseen(over days: ClosedRange<Int>, _ body: (_ day: Int) -> Void) throws {
        let end = min(head, CounterBlock.last(of: CounterBlock.of(asOf)))
        guard asOf < end else { return }
        var wanted: Set<Int64>?
        if !sources.contains(.organisation(organisation.number)) { wanted = Set(sources.map(\.number)) }
        var query = try Query("SELECT start, campaign FROM send_logs WHERE place > ? AND place <= ?", on: database)
        try query.bind(Place(organisation, asOf).rowID)
        try query.bind(Place(organisation, end).rowID)
        while try query.step() {
            let day = Int(Timestamp.floorDay(query.integer(0)))
            if days.contains(day), wanted?.contains(query.integer(1)) ?? true { body(day) }
        }
    }

    /// Counts the logs between two moments, one by one.
    private func count(_ range: ClosedRange<Int64>) throws -> Int {
        try sources.reduce(0) { sum, source in
            var query = try Query(made: Self.countSQL(source), on: database)
            try query.bind(source.number)
            try query.bind(range.lowerBound)
            try query.bind(range.upperBound)
            try query.bind(Place(organisation, asOf).rowID)
            return try query.step() ? sum + Int(query.integer(0)) : sum
        }
    }

    static func countSQL(_ source: LogSource) -> String {
        """
        SELECT count(*) FROM send_logs INDEXED BY \(source.index)
        WHERE \(source.column) = ? AND start BETWEEN ? AND ? AND place <= ?
        """
    }
}

extension Timestamp {
    /// The day of milliseconds since 1970, in days since then.
    fileprivate static func floorDay(_ milliseconds: Int64) -> Int64 {
        Int64(Timestamp(milliseconds: milliseconds)?.day.number ?? 0)
    }
}
