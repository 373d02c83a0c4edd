import SendLogCore

/// A query for campaigns, within a read transaction.
///
/// The sort key is computed for all campaigns; the other columns are computed only for the campaigns of the page.
struct CampaignReport {
    let database: Connection
    let organisation: OrganisationID

    /// The SQL for the text of a campaign's ID.
    private static let id = PackedID.sql(of: "id")

    /// Passes the campaigns of a query to a closure.
    ///
    /// - Returns: the number of campaigns that match the query, without its skip and limit.
    func forEach(_ query: CampaignQuery, _ body: (Campaign) throws -> Void) throws -> Int {
        // No ID and no name contains NUL, and SQLite would treat it as the end of the text.
        if query.text?.utf8.contains(0) == true { return 0 }
        let hasGaps = try hasGaps()
        let total = try total(query, hasGaps: hasGaps)
        var page = try Query(dynamicSQL: Self.sql(query, hasGaps: hasGaps), on: database)
        try bind(query, to: &page)
        try page.bind(query.limit, query.skip)
        while try page.step() { try body(try Self.campaign(page)) }
        return total
    }

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

    private func total(_ query: CampaignQuery, hasGaps: Bool) throws -> Int {
        var count = try Query(
            dynamicSQL: "SELECT count(*) FROM campaigns WHERE \(Self.condition(query, hasGaps: hasGaps))",
            on: database
        )
        try bind(query, to: &count)
        return try count.step() ? count.count(0) : 0
    }

    private func bind(_ query: CampaignQuery, to statement: inout Query) throws {
        try statement.bind(organisation.number)
        guard let text = query.text else { return }
        try statement.bind(text, text)
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
        guard query.text != nil else { return owned }
        return "\(owned) AND (instr(lower(\(id)), lower(?)) OR instr(lower(ifnull(name, '')), lower(?)))"
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

    private static func campaign(_ query: borrowing Query) throws -> Campaign {
        guard let id = CampaignID(query.text(0)), let first = Timestamp(milliseconds: query.integer(4)),
            let last = Timestamp(milliseconds: query.integer(5))
        else { throw StoreError.corrupted(detail: "invalid row of a campaign") }
        return Campaign(
            id: id,
            name: CampaignName(query.text(1)),
            sends: try query.count(2),
            destinations: try query.count(3),
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
