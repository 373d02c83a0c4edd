import GRDB
import SendLogCore

/// The daily counts of a search, which come from the counters.
///
/// Logs are counted one by one only on days that the search covers in part, and where `as_of` excludes counted logs.
struct DayCounts {
    let database: Connection
    let organisation: OrganisationID
    let sources: [LogSource]
    let plan: SearchPlan

    /// Returns the total number of logs; SQLite sums the counters.
    func total() throws -> Int {
        var total = 0
        let span = SearchDays(from: plan.from, to: plan.to)
        if let whole = span.whole {
            for source in sources {
                let query = try countersQuery(source, over: whole, columns: "ifnull(sum(sends), 0)", order: "")
                if try query.step() { try StoredNumber.add(query.count(0), to: &total) }
            }
            try forEachExcluded(over: whole) { _ in total -= 1 }
        }
        return try span.edges.reduce(total) { try $0 + count($1) }
    }

    /// Calls `body` with each day that has logs, in order, until `body` returns false.
    func forEachDay(_ order: SortOrder, _ body: (DayCount) -> Bool) throws {
        let span = SearchDays(from: plan.from, to: plan.to)
        let whole = span.whole
        var edges = span.edges
        // A partial day at the start of the search comes first, and a partial day at its end comes last.
        let isFirstCut =
            edges.first.map { whole == nil || Timestamp.floorDay($0.lowerBound) < whole?.lowerBound ?? 0 } ?? false
        var ends = (first: isFirstCut ? edges.removeFirst() : nil, last: edges.first)
        if order == .newestFirst { ends = (ends.last, ends.first) }
        if let edge = ends.first, try !emit(edge, to: body) { return }
        if let whole, try !forEach(of: whole, order, body) { return }
        if let edge = ends.last { _ = try emit(edge, to: body) }
    }

    private func emit(_ edge: ClosedRange<Int64>, to body: (DayCount) -> Bool) throws -> Bool {
        let sends = try count(edge)
        return sends == 0 || body(DayCount(day: Day(number: Timestamp.floorDay(edge.lowerBound)), sends: sends))
    }

    /// - Returns: false if `body` stopped.
    private func forEach(of days: ClosedRange<Int>, _ order: SortOrder, _ body: (DayCount) -> Bool) throws -> Bool {
        var unseen: [Int: Int] = [:]
        try forEachExcluded(over: days) { unseen[$0, default: 0] += 1 }
        guard sources.count == 1 else { return try forEachMerged(of: days, order, without: unseen, body) }
        let direction = order == .oldestFirst ? "ORDER BY day" : "ORDER BY day DESC"
        let query = try countersQuery(sources[0], over: days, columns: "day, sends", order: direction)
        var (day, sends) = (0, 0)
        func emit() -> Bool {
            let seen = sends - (unseen[day] ?? 0)
            return seen <= 0 || body(DayCount(day: Day(number: day), sends: seen))
        }
        while try query.step() {
            let next = try StoredNumber.day(query.integer(0))
            if next != day {
                if !emit() { return false }
                (day, sends) = (next, 0)
            }
            try StoredNumber.add(query.count(1), to: &sends)
        }
        return emit()
    }

    private func forEachMerged(
        of days: ClosedRange<Int>,
        _ order: SortOrder,
        without unseen: [Int: Int],
        _ body: (DayCount) -> Bool
    ) throws -> Bool {
        var counts = unseen.mapValues { -$0 }
        for source in sources {
            let query = try countersQuery(source, over: days, columns: "day, sends", order: "")
            while try query.step() {
                try StoredNumber.add(query.count(1), to: &counts[StoredNumber.day(query.integer(0)), default: 0])
            }
        }
        return DayCount.sorted(counts, order).allSatisfy(body)
    }

    private func countersQuery(
        _ source: LogSource,
        over days: ClosedRange<Int>,
        columns: String,
        order: String
    ) throws -> Query {
        var query = try Query(
            dynamicSQL: """
                SELECT \(columns) FROM \(source.counters)
                WHERE \(source.column) = ? AND day BETWEEN ? AND ? AND block <= ? \(order)
                """,
            on: database
        )
        try query.bind(source.number, days.lowerBound, days.upperBound, CounterBlock.of(plan.asOf))
        return query
    }

    /// Calls `body` with the day of each log that the counters include and the search excludes: fewer than one block.
    private func forEachExcluded(over days: ClosedRange<Int>, _ body: (_ day: Int) -> Void) throws {
        let excluded = ExcludedLogs(database: database, organisation: organisation, sources: sources, plan: plan)
        try excluded.readEach { start, _ in
            let day = Timestamp.floorDay(start)
            if days.contains(day) { body(day) }
        }
    }

    /// Counts the logs of a time range one by one; the bounds are in milliseconds since 1970.
    private func count(_ range: ClosedRange<Int64>) throws -> Int {
        try sources.reduce(0) { sum, source in
            var query = try Query(dynamicSQL: Self.countSQL(source), on: database)
            try query.bind(source.number, range.lowerBound, range.upperBound, RowID(organisation, plan.asOf).rawValue)
            return try query.step() ? sum + query.count(0) : sum
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
    /// Returns the day of a time in milliseconds since 1970, as days since 1970.
    static func floorDay(_ milliseconds: Int64) -> Int {
        Timestamp(milliseconds: milliseconds)?.day.number ?? 0
    }
}
