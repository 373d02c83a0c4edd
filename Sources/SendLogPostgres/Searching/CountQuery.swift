import SendLogCore

/// Counts a search's logs from the counters, as of one moment, which is that of one statement.
///
/// Days that the search cuts, and logs that `as_of` leaves out, are counted singly; see ``SearchDays`` and ``CounterBlock``.
struct CountQuery {
    let organisation: OrganisationID
    let search: SendLogSearch
    /// Whether the counts of single days are wanted, or their sum alone.
    let isByDay: Bool

    /// What was counted.
    struct Counts {
        /// The last log recorded so far.
        let head: SequenceNumber
        /// Logs by day since 1970; all under one day where days were not wanted.
        let days: [Int: Int]

        var total: Int { days.values.reduce(0, +) }

        /// The days on which there are logs, in an order.
        func sorted(_ order: SortOrder) -> [DayCount] {
            days.filter { $0.value > 0 }.sorted { ($0.key < $1.key) == (order == .oldestFirst) }
                .map { DayCount(day: Day(number: $0.key), sends: $0.value) }
        }
    }

    /// - Returns: `nil` where there is no such organisation.
    /// - Throws: ``PostgresFailure``.
    func run(on connection: Connection) throws -> Counts? {
        let (from, to) = (search.from ?? .earliest, search.to ?? .latest)
        let span = from <= to ? SearchDays(from: from, to: to) : nil
        var parameters = Parameters()
        parameters.add(organisation.number)
        parameters.add(search.asOf?.number ?? .max)
        // Where there is nothing to count, a range in which nothing is.
        parameters.add(integer: span?.whole?.lowerBound ?? 1)
        parameters.add(integer: span?.whole?.upperBound ?? 0)
        for place in 0..<2 {
            let edge = span.flatMap { $0.edges.count > place ? $0.edges[place] : nil }
            parameters.add(integer: edge.flatMap { Timestamp(milliseconds: $0.lowerBound)?.day.number } ?? 0)
            parameters.add(edge?.lowerBound ?? 1)
            parameters.add(edge?.upperBound ?? 0)
        }
        if let campaigns = search.campaigns { parameters.add(texts: campaigns.map(\.text)) }
        let rows = try connection.rows(
            Self.sql(ofCampaigns: search.campaigns != nil, isByDay: isByDay),
            parameters
        )
        guard rows.count > 0 else { return nil }
        var days: [Int: Int] = [:]
        for row in 0..<rows.count {
            // A counter's change may be negative: what a pinned search leaves out.
            let (day, change) = (try StoredNumber.day(rows.integer(row, 1)), rows.integer(row, 2))
            _ = try StoredNumber.count(Int64(clamping: change.magnitude))
            try StoredNumber.add(Int(change), to: &days[day, default: 0])
        }
        return Counts(head: try StoredNumber.sequence(rows.integer(0, 0)), days: days)
    }

    static func sql(ofCampaigns: Bool, isByDay: Bool) -> String {
        let counters = ofCampaigns ? "campaign_days" : "organisation_days"
        let asOf = "least(h.sequence, $2)"
        let block = "((\(asOf) - 1) / \(CounterBlock.size))"
        let millisecondsOfDays = "$3::bigint * 86400000 AND $4::bigint * 86400000 + 86399999"
        let (day, dayOfStart, group) =
            isByDay
            ? ("day", "((start - (start % 86400000 + 86400000) % 86400000) / 86400000)::integer", "GROUP BY 1")
            : ("0", "0", "")
        // Each campaign is looked up by itself, so that no plan goes through those that are not asked for.
        let campaign = ofCampaigns ? "AND campaign = c.campaign" : ""
        func ofEach(_ query: String) -> String {
            ofCampaigns ? "SELECT q.* FROM unnest($11::text[]) c (campaign) CROSS JOIN LATERAL (\(query)) q" : query
        }
        let whole = ofEach(
            """
            SELECT \(day) AS day, sum(sends)::bigint AS sends FROM \(counters)
            WHERE org_id = $1 AND day BETWEEN $3 AND $4 AND block <= \(block) \(campaign) \(group)
            """
        )
        func edge(_ first: Int) -> String {
            ofEach(
                """
                SELECT $\(first)::integer, count(*) FROM send_logs
                WHERE org_id = $1 AND start BETWEEN $\(first + 1) AND $\(first + 2) AND seq <= \(asOf) \(campaign)
                """
            )
        }
        // Logs behind a place are sought by it, and by nothing else, of which there may be millions.
        let unseen = """
            SELECT \(dayOfStart), -count(*) FROM send_logs
            WHERE org_id = $1 AND seq > \(asOf) AND seq <= least(h.sequence, (\(block) + 1) * \(CounterBlock.size))
                AND start + 0 BETWEEN \(millisecondsOfDays)
                \(ofCampaigns ? "AND campaign || '' = ANY($11)" : "") \(group)
            """
        return """
            SELECT h.sequence, counts.day, counts.sends
            FROM organisation_heads h
            LEFT JOIN LATERAL (
                \(whole) UNION ALL \(unseen) UNION ALL \(edge(5)) UNION ALL \(edge(8))
            ) counts ON true
            WHERE h.org_id = $1
            """
    }
}
