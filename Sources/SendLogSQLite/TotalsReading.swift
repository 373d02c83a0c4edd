import SendLogCore

/// Reads the totals of a search in periods, in slices between which other readers have their turns.
///
/// What is read of a send log never changes, and the first slice sets `asOf`. But send logs may be deleted between slices.
struct TotalsReading {
    private let organisation: OrganisationID
    /// The largest number of send logs that may have to be read, by the estimate; `nil` for no limit.
    private let maxReads: Int?
    private var search: SendLogSearch
    private var sums: TotalsSums
    /// The ``LogHead/gaps`` of the first slice; `nil` before it.
    private var gaps: Int64?
    /// The parts of days that have send logs, with the organisation or campaign whose send logs are read.
    private var reads: [(source: LogSource, part: Int)] = []
    /// The index of the next one of `reads`, or of the search's found send logs.
    private var next = 0
    /// The last send log that was read of the part that is next; `nil` if none was.
    private var after: (start: Timestamp, sequence: SequenceNumber)?

    /// What a slice leaves to do.
    enum Outcome {
        /// Another slice is left.
        case more
        /// The totals are complete.
        case complete
        /// More send logs would have to be read than allowed.
        case tooManyReads
        /// Send logs were deleted since the first slice, so the totals are useless.
        case outdated
    }

    /// The number of send logs that one slice reads, which takes less than 0.1 seconds.
    static let sliceLength = 32_768
    /// The cost of a query, in send logs that could be read in its time.
    private static let queryCost = 8

    init(_ search: SendLogSearch, _ plan: TotalsPlan, maxReads: Int?, in organisation: OrganisationID) {
        (self.search, self.organisation, self.maxReads) = (search.forTotals, organisation, maxReads)
        sums = TotalsSums(plan)
    }

    /// Returns the totals, once they are complete.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    func result() throws(StoreError) -> [SendTotals] { try sums.result() }

    /// Reads one slice, within a read transaction.
    mutating func readSlice(of length: Int, on database: Connection) throws -> Outcome {
        let transaction = try SearchTransaction(database, organisation: organisation, search: search)
        let plan = transaction.plan
        if plan.isEmpty || transaction.sources.isEmpty { return .complete }
        if let gaps {
            if plan.head.gaps != gaps { return .outdated }
        } else {
            (gaps, search.asOf) = (plan.head.gaps, plan.asOf)
            var expected = Double(search.found?.count ?? 0)
            if search.found == nil { expected = try readCounters(transaction) }
            if let maxReads, expected > Double(maxReads) { return .tooManyReads }
        }
        if let found = search.found { return try readFound(found[next...].prefix(length), transaction) }
        return try readParts(length, transaction)
    }

    /// Adds up the counters, and collects the parts of days that are to be read.
    ///
    /// - Returns: the estimated number of send logs in these parts.
    private mutating func readCounters(_ transaction: SearchTransaction) throws -> Double {
        let (database, plan) = (transaction.database, sums.plan)
        guard let first = plan.periods.first?.lowerBound.day, let last = plan.periods.last?.upperBound.day else {
            return 0
        }
        var expected = 0.0
        for source in transaction.sources {
            var query = try Query(dynamicSQL: Self.countersSQL(source), on: database)
            try query.bind(source.number, first.number, last.number, CounterBlock.of(transaction.plan.asOf))
            while try query.step() {
                let day = try StoredNumber.day(query.integer(0))
                let totals = try SendTotals(storedSends: query.integer(1), destinations: query.integer(2))
                try sums.add(totals, to: plan.period(ofDay: day))
                for part in plan.parts(ofDay: day) where totals.sends > 0 {
                    reads.append((source, part))
                    let share = Double(plan.parts[part].length) / Double(Day.milliseconds)
                    expected += Double(totals.sends) * share
                }
            }
        }
        let excluded = ExcludedLogs(
            database: database,
            organisation: organisation,
            sources: transaction.sources,
            plan: transaction.plan
        )
        try excluded.readEach { start, destinations in
            let totals = try SendTotals(storedSends: 1, destinations: destinations)
            try sums.add(totals.negated, to: plan.period(ofDay: Timestamp.floorDay(start)))
        }
        return expected
    }

    static func countersSQL(_ source: LogSource) -> String {
        """
        SELECT day, sum(sends), sum(destinations) FROM \(source.counters)
        WHERE \(source.column) = ? AND day BETWEEN ? AND ? AND block <= ? GROUP BY day ORDER BY day
        """
    }

    private mutating func readFound(
        _ found: ArraySlice<Int64>,
        _ transaction: SearchTransaction
    ) throws -> Outcome {
        let plan = sums.plan
        try transaction.forEachMatch(among: found) { start, _, destinations in
            try sums.add(SendTotals(storedSends: 1, destinations: destinations), to: plan.period(at: start))
        }
        next = found.endIndex
        return next == search.found?.endIndex ? .complete : .more
    }

    private mutating func readParts(_ length: Int, _ transaction: SearchTransaction) throws -> Outcome {
        var left = length
        while next < reads.count {
            guard left > 0 else { return .more }
            let (source, index) = reads[next]
            let range = LogRange(
                from: sums.plan.parts[index].range.lowerBound,
                to: sums.plan.parts[index].range.upperBound,
                order: .oldestFirst,
                after: after,
                asOf: RowID(organisation, transaction.plan.asOf),
                organisation: organisation
            )
            var (totals, last) = (SendTotals(), (start: Int64(0), row: RowID(rawValue: 0)))
            try range.forEach(
                source,
                columns: Self.columns,
                offset: 0,
                count: left,
                on: transaction.database
            ) { query in
                try totals.add(SendTotals(storedSends: 1, destinations: query.integer(2)))
                last = (query.integer(0), RowID(rawValue: query.integer(1)))
                return false
            }
            try sums.add(totals, ofPart: index)
            if totals.sends == left {
                guard let start = Timestamp(milliseconds: last.start) else {
                    throw StoreError.corrupted(detail: "the start of a send log is out of range")
                }
                after = (start, last.row.sequence)
                return .more
            }
            (after, next) = (nil, next + 1)
            left -= totals.sends + Self.queryCost
        }
        return .complete
    }

    /// The columns that are read of each send log.
    static let columns = "start, place, destinations"
}
