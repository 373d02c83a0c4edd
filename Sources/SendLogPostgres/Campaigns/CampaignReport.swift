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
    /// - Returns: the totals of all campaigns that match the query, without its skip and limit.
    /// - Throws: ``PostgresFailure``; ``StoreError/corrupted(detail:)``; the errors of the closure.
    func forEach(_ query: CampaignQuery, _ body: (Campaign) throws -> Void) throws -> CampaignTotals {
        let term = query.term
        if term?.canMatch == false { return .none(of: query) }
        var parameters = Parameters(organisation.number, query.limit, query.skip)
        if let term { parameters.add(term.folded.text, try named(term)) }
        if let period = query.period { Self.add(TotalsPlan([period]), to: &parameters) }
        var totals = CampaignTotals.none(of: query)
        try connection.forEachRow(Self.sql(query), parameters) { row in
            let sums = query.isSummed ? SendTotals(sends: try row.count(0, 1), destinations: try row.count(0, 2)) : nil
            totals = CampaignTotals(campaigns: try row.count(0, 0), sums: sums)
            if let campaign = try Self.campaign(row) { try body(campaign) }
        }
        return totals
    }

    /// Returns the campaigns whose name matches a search term.
    private func named(_ term: CampaignSearchTerm) throws -> [String] {
        var ids: [String] = []
        try connection.forEachRow(Self.namesSQL, Parameters(organisation.number)) { row in
            if term.matches(name: row.text(0, 1)) { ids.append(row.text(0, 0)) }
        }
        return ids
    }

    private static let namesSQL = "SELECT campaign, name FROM campaign_names WHERE org_id = $1"

    /// Returns a campaign.
    ///
    /// - Returns: the campaign; `nil` if it has no sends.
    /// - Throws: ``PostgresFailure``; ``StoreError/corrupted(detail:)``.
    func campaign(_ id: CampaignID) throws -> Campaign? {
        let parameters = Parameters(organisation.number, 1, 0, id.text)
        let rows = try connection.rows(
            Self.sql(CampaignQuery(sort: .sends), counters: Self.counters("AND campaign = $4")),
            parameters
        )
        return try Self.campaign(rows)
    }

    /// Returns the campaign of the first row; `nil` if the row has only the total.
    private static func campaign(_ rows: Rows) throws -> Campaign? {
        if rows.isNull(0, 3) { return nil }
        guard let id = CampaignID(rows.text(0, 3)),
            let first = rows.optionalInteger(0, 7).flatMap({ Timestamp(milliseconds: $0) }),
            let last = rows.optionalInteger(0, 8).flatMap({ Timestamp(milliseconds: $0) })
        else { throw StoreError.corrupted(detail: "invalid row of a campaign") }
        return Campaign(
            id: id,
            name: rows.isNull(0, 4) ? nil : CampaignName(rows.text(0, 4)),
            sends: try rows.count(0, 5),
            destinations: try rows.count(0, 6),
            first: first,
            last: last
        )
    }

    /// Returns the SQL of a query, whose counters are by default those of its period.
    static func sql(_ query: CampaignQuery, counters: String? = nil) -> String {
        let direction = query.isDescending ? "DESC" : "ASC"
        let period = query.period == nil ? nil : PeriodParameters(query)
        let (key, condition) =
            switch query.sort {
            case .last: (start("max", period), period == nil ? within("last_day", query.isDescending) : "true")
            case .first: (start("min", period), period == nil ? within("first_day", query.isDescending) : "true")
            case .sends: ("c.sends", "true")
            case .destinations: ("c.destinations", "true")
            case .name: ("lower(coalesce(c.name, c.campaign))", "true")
            }
        return """
            WITH sums AS MATERIALIZED (
                SELECT c.*, n.name FROM (
                    \(counters ?? period.map(Self.counters) ?? Self.counters())
                ) c
                LEFT JOIN campaign_names n ON n.org_id = $1 AND n.campaign = c.campaign
                \(query.term.map(matches) ?? "")
            )
            SELECT total.count, total.sends, total.destinations, c.campaign, c.name, c.sends, c.destinations,
                \(start("min", period)), \(start("max", period))
            FROM (
                SELECT count(*), coalesce(sum(sends), 0)::bigint AS sends,
                    coalesce(sum(destinations), 0)::bigint AS destinations
                FROM sums
            ) total
            LEFT JOIN (
                SELECT c.*, \(key) AS key FROM sums c WHERE \(condition)
                ORDER BY key \(direction), campaign LIMIT $2 OFFSET $3
            ) c ON true
            ORDER BY c.key \(direction), c.campaign
            """
    }

    /// Returns the SQL for the sums of each campaign's counters.
    static func counters(_ condition: String = "") -> String {
        """
        SELECT campaign, sum(sends)::bigint AS sends, sum(destinations)::bigint AS destinations,
            min(day) AS first_day, max(day) AS last_day
        FROM campaign_days WHERE org_id = $1 \(condition) GROUP BY campaign
        """
    }

    /// Returns the SQL condition for campaigns whose ID or name matches; IDs have letters A to Z only.
    ///
    /// The `OR` makes PostgreSQL put the campaigns of matching names into a hash table.
    private static func matches(_ term: CampaignSearchTerm) -> String {
        let matchesID = term.isWhole ? "lower(c.campaign) = $4" : "position($4 IN lower(c.campaign)) > 0"
        return "WHERE (\(matchesID) OR c.campaign IN (SELECT unnest($5::text[])))"
    }

    /// Returns the SQL condition for campaigns whose day may put them on the page.
    private static func within(_ day: String, _ isDescending: Bool) -> String {
        let (direction, compares) = isDescending ? ("DESC", ">=") : ("ASC", "<=")
        let boundary =
            "(SELECT \(day) FROM sums ORDER BY \(day) \(direction) LIMIT 1 OFFSET greatest($2::bigint + $3::bigint - 1, 0))"
        return "c.\(day) \(compares) coalesce(\(boundary), c.\(day))"
    }

    /// Returns the SQL for a campaign's first or last send, within the period if there is one.
    private static func start(_ function: String, _ period: PeriodParameters?) -> String {
        let within = period.map { "AND l.start BETWEEN \($0.from) AND \($0.to)" } ?? ""
        return
            "(SELECT \(function)(l.start) FROM send_logs l WHERE l.org_id = $1 AND l.campaign = c.campaign \(within))"
    }
}
