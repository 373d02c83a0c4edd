import SendLogCore

/// Reads campaigns with the numbers of a period.
extension CampaignReport {
    /// Passes the campaigns that have send logs in a period to a closure.
    ///
    /// - Parameters:
    ///   - query: the query
    ///   - named: the numbers of the campaigns whose name matches, as an array in JSON; `nil` without a search term
    ///   - period: what was read of the period
    ///   - body: takes a campaign
    /// - Returns: the totals of all campaigns that match the query, without its skip and limit.
    /// - Throws: ``StoreError/corrupted(detail:)``; the errors of the database and of the closure.
    func forEach(
        _ query: CampaignQuery,
        _ named: String?,
        in period: CampaignPeriod,
        _ body: (Campaign) throws -> Void
    ) throws -> CampaignTotals {
        let (days, range) = (period.days, period.range)
        var page = try Query(dynamicSQL: Self.periodSQL(query), on: database)
        try page.bind(period.json, days.first, days.last, range.lowerBound.milliseconds, range.upperBound.milliseconds)
        try page.bind(query.limit, query.skip)
        try bind(query.term, named, to: &page)
        var totals = CampaignTotals.none(of: query)
        while try page.step() {
            totals = try Self.totals(page, query)
            // Without campaigns on the page, the only row has the totals.
            if page.optionalInteger(5) != nil { try body(try Self.campaign(page, from: 3)) }
        }
        return totals
    }

    /// Each campaign's numbers are computed once, for the totals and the page.
    ///
    /// What was read of cut days comes as one array, and is grouped with the counters: SQLite would join it by scanning
    /// it for each campaign. A campaign with damaged counters may have any number but 0, which fails when it is read.
    static func periodSQL(_ query: CampaignQuery) -> String {
        let key =
            switch query.sort {
            case .last: start("max", of: "c")
            case .first: start("min", of: "c")
            case .sends: "sends"
            case .destinations: "destinations"
            case .name: "lower(ifnull(name, text))"
            }
        let direction = query.isDescending ? "DESC" : "ASC"
        let matching = query.term.map { "AND \(matches($0, text: "?9", named: "?10"))" } ?? ""
        return """
            WITH counted AS MATERIALIZED (
                SELECT c.number, \(id) AS text, name, sends, destinations FROM (
                    SELECT number, sum(sends) AS sends, sum(destinations) AS destinations FROM (
                        SELECT number, \(periodSum("sends")) AS sends, \(periodSum("destinations")) AS destinations
                        FROM campaigns c WHERE organisation = ?8 \(matching)
                        UNION ALL
                        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
                        FROM json_each(?1)
                    ) GROUP BY number
                ) k CROSS JOIN campaigns c ON c.number = k.number
                WHERE sends <> 0 \(matching)
            )
            SELECT t.campaigns, t.sends, t.destinations, p.text, p.name, p.sends, p.destinations,
                \(start("min", of: "p")), \(start("max", of: "p"))
            FROM (
                SELECT count(*) AS campaigns, ifnull(sum(sends), 0) AS sends,
                    ifnull(sum(destinations), 0) AS destinations
                FROM counted
            ) t
            LEFT JOIN (
                SELECT *, \(key) AS key FROM counted c
                ORDER BY key \(direction), text LIMIT ?6 OFFSET ?7
            ) p ON TRUE
            ORDER BY p.key \(direction), p.text
            """
    }

    /// Returns the SQL for the sum of a campaign's counters over the days of the period.
    private static func periodSum(_ column: String) -> String {
        "(SELECT sum(\(column)) FROM campaign_days WHERE campaign = c.number AND day BETWEEN ?2 AND ?3)"
    }

    /// Returns the SQL for a campaign's first or last send within the period.
    private static func start(_ function: String, of table: String) -> String {
        """
        (SELECT \(function)(start) FROM send_logs INDEXED BY send_logs_by_campaign
            WHERE campaign = \(table).number AND start BETWEEN ?4 AND ?5)
        """
    }
}
