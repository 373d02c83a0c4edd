import SendLogCore

/// A query for campaigns, within a read transaction.
///
/// The sort key is computed for all campaigns; the other columns are computed only for the campaigns of the page.
struct CampaignReport {
    let database: Connection
    let organisation: OrganisationID

    /// The SQL for the text of a campaign's ID.
    static let id = PackedID.sql(of: "id")

    /// Passes the campaigns of a query to a closure.
    ///
    /// - Parameters:
    ///   - query: the query
    ///   - period: what was read of the query's period; `nil` for a query without one
    ///   - body: takes a campaign
    /// - Returns: the totals of all campaigns that match the query, without its skip and limit.
    /// - Throws: ``StoreError/corrupted(detail:)``; the errors of the database and of the closure.
    func forEach(
        _ query: CampaignQuery,
        in period: CampaignPeriod?,
        _ body: (Campaign) throws -> Void
    ) throws -> CampaignTotals {
        let term = query.term
        if term?.canMatch == false { return .none(of: query) }
        let named = try term.map(named)
        if let period { return try forEach(query, named, in: period, body) }
        let hasGaps = try hasGaps()
        let totals = try totals(query, named, hasGaps: hasGaps)
        var page = try Query(dynamicSQL: Self.sql(query, hasGaps: hasGaps), on: database)
        try bind(term, named, to: &page)
        try page.bind(query.limit, query.skip)
        while try page.step() { try body(try Self.campaign(page)) }
        return totals
    }

    /// Returns the numbers of the campaigns whose name matches a search term, as an array in JSON.
    private func named(_ term: CampaignSearchTerm) throws -> String {
        var query = try Query(Self.namesSQL, on: database)
        try query.bind(organisation.number)
        var json = Array("[".utf8)
        while try query.step() {
            guard term.matches(name: query.text(1)) else { continue }
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json.appendDecimal(query.integer(0))
        }
        json.append(UInt8(ascii: "]"))
        return String(decoding: json, as: UTF8.self)
    }

    private static let namesSQL: StaticString = """
        SELECT number, name FROM campaigns INDEXED BY campaigns_named WHERE organisation = ? AND name IS NOT NULL
        """

    func campaign(_ id: CampaignID) throws -> Campaign {
        var query = try Query(
            dynamicSQL: "SELECT \(Self.columns) FROM campaigns c WHERE organisation = ? AND id = ?",
            on: database
        )
        try query.bind(organisation.number, PackedID(id))
        // A campaign whose send logs were all deleted has no first one.
        guard try query.step(), query.optionalInteger(4) != nil else { throw StoreError.notFound }
        return try Self.campaign(query)
    }

    private func totals(_ query: CampaignQuery, _ named: String?, hasGaps: Bool) throws -> CampaignTotals {
        let sums = "ifnull(sum(\(Self.sum("sends"))), 0), ifnull(sum(\(Self.sum("destinations"))), 0)"
        var count = try Query(
            dynamicSQL: """
                SELECT count(*)\(query.isSummed ? ", \(sums)" : "") FROM campaigns c
                WHERE \(Self.condition(query, hasGaps: hasGaps))
                """,
            on: database
        )
        try bind(query.term, named, to: &count)
        guard try count.step() else { return .none(of: query) }
        return try Self.totals(count, query)
    }

    /// Returns the totals in the first columns of a row: the number of campaigns, and perhaps the sums.
    static func totals(_ row: borrowing Query, _ query: CampaignQuery) throws(StoreError) -> CampaignTotals {
        CampaignTotals(
            campaigns: try row.count(0),
            sums: query.isSummed ? SendTotals(sends: try row.count(1), destinations: try row.count(2)) : nil
        )
    }

    /// Binds the organisation, and what to look for in IDs and names.
    func bind(_ term: CampaignSearchTerm?, _ named: String?, to statement: inout Query) throws {
        try statement.bind(organisation.number)
        guard let term, let named else { return }
        try statement.bind(term.folded.text, named)
    }

    /// Returns whether send logs of the organisation were deleted.
    private func hasGaps() throws -> Bool {
        var query = try Query("SELECT deleted FROM organisations WHERE id = ?", on: database)
        try query.bind(organisation.number)
        return try query.step() && query.integer(0) > 0
    }

    /// Returns the SQL condition for the campaigns of a query.
    ///
    /// If send logs were deleted, campaigns may have none left.
    private static func condition(_ query: CampaignQuery, hasGaps: Bool) -> String {
        let hasSends = "EXISTS (SELECT 1 FROM campaign_days d WHERE d.campaign = number)"
        let owned = hasGaps ? "organisation = ? AND \(hasSends)" : "organisation = ?"
        guard let term = query.term else { return owned }
        return "\(owned) AND \(matches(term))"
    }

    /// Returns the SQL condition for campaigns whose ID or name matches; IDs have letters A to Z only.
    ///
    /// - Parameters:
    ///   - term: what to look for
    ///   - text: the parameter for its text
    ///   - named: the parameter for the numbers of the campaigns whose name matches, as an array in JSON
    /// - Returns: the condition.
    static func matches(_ term: CampaignSearchTerm, text: String = "?", named: String = "?") -> String {
        let id = "lower(\(id))"
        let matchesID = term.isWhole ? "\(id) = \(text)" : "instr(\(id), \(text))"
        return "(\(matchesID) OR c.number IN (SELECT value FROM json_each(\(named))))"
    }

    static func sql(_ query: CampaignQuery, hasGaps: Bool = false) -> String {
        let key =
            switch query.sort {
            case .last: last
            case .first: first
            case .sends: sum("sends")
            case .destinations: sum("destinations")
            case .name: "lower(ifnull(name, \(id)))"
            }
        let ordered = "ORDER BY key \(query.isDescending ? "DESC" : "ASC"), text"
        return """
            SELECT \(columns) FROM (
                SELECT number, id, name, \(id) AS text, \(key) AS key FROM campaigns c
                WHERE \(condition(query, hasGaps: hasGaps)) \(ordered) LIMIT ? OFFSET ?
            ) c \(ordered)
            """
    }

    private static let columns = "\(id), name, \(sum("sends")), \(sum("destinations")), \(first), \(last)"

    private static func sum(_ column: String) -> String {
        "(SELECT sum(\(column)) FROM campaign_days WHERE campaign = c.number)"
    }

    private static let first = start("min")
    private static let last = start("max")

    private static func start(_ function: String) -> String {
        "(SELECT \(function)(start) FROM send_logs INDEXED BY send_logs_by_campaign WHERE campaign = c.number)"
    }

    /// Returns the campaign in the columns of a row, from the given one on.
    static func campaign(_ row: borrowing Query, from column: Int32 = 0) throws -> Campaign {
        guard let id = CampaignID(row.text(column)),
            let first = row.optionalInteger(column + 4).flatMap({ Timestamp(milliseconds: $0) }),
            let last = row.optionalInteger(column + 5).flatMap({ Timestamp(milliseconds: $0) })
        else { throw StoreError.corrupted(detail: "invalid row of a campaign") }
        return Campaign(
            id: id,
            name: CampaignName(row.text(column + 1)),
            sends: try row.count(column + 2),
            destinations: try row.count(column + 3),
            first: first,
            last: last
        )
    }

    /// Returns the daily tallies of an organisation or a campaign, ordered by day.
    func tallies(_ source: LogSource, over days: ClosedRange<Day>) throws -> [DayTally] {
        var query = try Query(
            dynamicSQL: """
                SELECT day, sum(sends), sum(destinations) FROM \(source.counters)
                WHERE \(source.column) = ? AND day BETWEEN ? AND ? GROUP BY day ORDER BY day
                """,
            on: database
        )
        try query.bind(source.number, days.lowerBound.number, days.upperBound.number)
        var tallies: [DayTally] = []
        while try query.step() {
            tallies.append(
                DayTally(
                    day: Day(number: try StoredNumber.day(query.integer(0))),
                    sends: try query.count(1),
                    destinations: try query.count(2)
                )
            )
        }
        return tallies
    }
}
