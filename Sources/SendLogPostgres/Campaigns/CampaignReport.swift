import SendLogCore

/// Reads campaigns from the counters, in one statement.
///
/// The statement reads single logs only for the times of the first and the last send: of the campaigns on the page,
/// and, if the page is sorted by these times, of the campaigns whose days may put them on the page.
struct CampaignReport {
    let connection: Connection
    let organisation: OrganisationID

    /// Passes the campaigns of a query to a closure.
    ///
    /// - Returns: the number of campaigns that match the query, without its skip and limit.
    /// - Throws: ``PostgresFailure``; ``StoreError/corrupted(detail:)``; the errors of the closure.
    func forEach(_ query: CampaignQuery, _ body: (Campaign) throws -> Void) throws -> Int {
        // No id or name contains U+0000, and PostgreSQL does not accept it in text.
        if query.text?.utf8.contains(0) == true { return 0 }
        var parameters = Parameters(organisation.number, query.limit, query.skip)
        if let text = query.text { parameters.add(text) }
        let sql = Self.sql(query.sort, isDescending: query.isDescending, filter: Self.filter(query))
        var total = 0
        try connection.forEachRow(sql, parameters) { row in
            total = try row.count(0, 0)
            if let campaign = try Self.campaign(row) { try body(campaign) }
        }
        return total
    }

    /// Returns a campaign.
    ///
    /// - Returns: the campaign; `nil` if it has no sends.
    /// - Throws: ``PostgresFailure``; ``StoreError/corrupted(detail:)``.
    func campaign(_ id: CampaignID) throws -> Campaign? {
        let parameters = Parameters(organisation.number, 1, 0, id.text)
        let rows = try connection.rows(
            Self.sql(.sends, isDescending: true, filter: (counters: "AND campaign = $4", sums: "")),
            parameters
        )
        return try Self.campaign(rows)
    }

    /// Returns the campaign of the first row; `nil` if the row has only the total.
    private static func campaign(_ rows: Rows) throws -> Campaign? {
        if rows.isNull(0, 1) { return nil }
        guard let id = CampaignID(rows.text(0, 1)), let first = Timestamp(milliseconds: rows.integer(0, 5)),
            let last = Timestamp(milliseconds: rows.integer(0, 6))
        else { throw StoreError.corrupted(detail: "invalid row of a campaign") }
        return Campaign(
            id: id,
            name: rows.isNull(0, 2) ? nil : CampaignName(rows.text(0, 2)),
            sends: try rows.count(0, 3),
            destinations: try rows.count(0, 4),
            first: first,
            last: last
        )
    }

    /// The SQL conditions that select campaigns: one on the rows of counters, one on their sums.
    typealias Filter = (counters: String, sums: String)

    static func filter(_ query: CampaignQuery) -> Filter {
        guard query.text != nil else { return ("", "") }
        let requested = "lower($4 COLLATE \"C\")"
        return (
            "", "WHERE position(\(requested) IN lower(c.campaign)) > 0 OR position(\(requested) IN lower(n.name)) > 0"
        )
    }

    static func sql(_ sort: CampaignQuery.Sort, isDescending: Bool, filter: Filter) -> String {
        let direction = isDescending ? "DESC" : "ASC"
        let (key, condition) =
            switch sort {
            case .last: (start("max"), within("last_day", isDescending))
            case .first: (start("min"), within("first_day", isDescending))
            case .sends: ("c.sends", "true")
            case .destinations: ("c.destinations", "true")
            case .name: ("lower(coalesce(c.name, c.campaign))", "true")
            }
        return """
            WITH sums AS MATERIALIZED (
                SELECT c.*, n.name FROM (
                    SELECT campaign, sum(sends)::bigint AS sends, sum(destinations)::bigint AS destinations,
                        min(day) AS first_day, max(day) AS last_day
                    FROM campaign_days WHERE org_id = $1 \(filter.counters) GROUP BY campaign
                ) c
                LEFT JOIN campaign_names n ON n.org_id = $1 AND n.campaign = c.campaign
                \(filter.sums)
            )
            SELECT total.count, c.campaign, c.name, c.sends, c.destinations, \(start("min")), \(start("max"))
            FROM (SELECT count(*) FROM sums) total
            LEFT JOIN (
                SELECT c.*, \(key) AS key FROM sums c WHERE \(condition)
                ORDER BY key \(direction), campaign LIMIT $2 OFFSET $3
            ) c ON true
            ORDER BY c.key \(direction), c.campaign
            """
    }

    /// Returns the SQL condition for campaigns whose day may put them on the page.
    private static func within(_ day: String, _ isDescending: Bool) -> String {
        let (direction, compares) = isDescending ? ("DESC", ">=") : ("ASC", "<=")
        let boundary =
            "(SELECT \(day) FROM sums ORDER BY \(day) \(direction) LIMIT 1 OFFSET greatest($2::bigint + $3::bigint - 1, 0))"
        return "c.\(day) \(compares) coalesce(\(boundary), c.\(day))"
    }

    private static func start(_ function: String) -> String {
        "(SELECT \(function)(l.start) FROM send_logs l WHERE l.org_id = $1 AND l.campaign = c.campaign)"
    }
}
