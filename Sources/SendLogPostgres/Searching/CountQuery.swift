import SendLogCore

/// Counts a search's logs from the counters in one statement, and so in one snapshot.
///
/// Logs of days that the search covers in part, and logs after `asOf`, are counted one by one; see ``SearchDays`` and
/// ``CounterBlock``.
struct CountQuery {
    let organisation: OrganisationID
    let search: SendLogSearch
    /// Whether to count each day, instead of the total only.
    let isByDay: Bool

    /// The result of a count.
    struct Counts {
        /// The end of the organisation's order of recording.
        let head: LogHead
        /// The number of logs by day since 1970; all under one day if ``CountQuery/isByDay`` is false.
        let days: [Int: Int]

        var total: Int { days.values.reduce(0, +) }
    }

    /// Counts the logs.
    ///
    /// - Throws: ``PostgresFailure``; ``StoreError/notFound`` if the organisation does not exist.
    func run(on connection: Connection) throws -> Counts {
        let (from, to) = (search.from ?? .earliest, search.to ?? .latest)
        let span = from <= to ? SearchDays(from: from, to: to) : nil
        var parameters = Parameters(organisation.number, search.asOf?.number ?? .max)
        // If no whole day is searched, the range is empty.
        parameters.add(Int32(clamping: span?.whole?.lowerBound ?? 1), Int32(clamping: span?.whole?.upperBound ?? 0))
        for index in 0..<2 {
            let edge = span.flatMap { $0.edges.count > index ? $0.edges[index] : nil }
            parameters.add(Int32(clamping: edge.flatMap { Timestamp(milliseconds: $0.lowerBound)?.day.number } ?? 0))
            parameters.add(edge?.lowerBound ?? 1, edge?.upperBound ?? 0)
        }
        if let campaigns = search.campaigns { parameters.add(campaigns.map(\.text)) }
        let rows = try connection.rows(Self.sql(ofCampaigns: search.campaigns != nil, isByDay: isByDay), parameters)
        guard rows.count > 0 else { throw StoreError.notFound }
        var days: [Int: Int] = [:]
        for row in 0..<rows.count {
            // Negative for logs after `asOf`: their counters include them, and the snapshot does not.
            let (day, change) = (try StoredNumber.day(rows.integer(row, 1)), rows.integer(row, 2))
            _ = try StoredNumber.count(Int64(clamping: change.magnitude))
            try StoredNumber.add(Int(change), to: &days[day, default: 0])
        }
        let head = try LogHead(storedSequence: rows.integer(0, 0), deleted: rows.integer(0, 3))
        return Counts(head: head, days: days)
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
        // Each campaign is looked up separately, so that no plan reads campaigns that were not asked for.
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
        // Logs after `asOf` are found by sequence number only, at most one block of them. `start + 0` and
        // `campaign || ''` keep the planner from other indexes, where millions of logs may match.
        let unseen = """
            SELECT \(dayOfStart), -count(*) FROM send_logs
            WHERE org_id = $1 AND seq > \(asOf) AND seq <= least(h.sequence, (\(block) + 1) * \(CounterBlock.size))
                AND start + 0 BETWEEN \(millisecondsOfDays)
                \(ofCampaigns ? "AND campaign || '' = ANY($11)" : "") \(group)
            """
        return """
            SELECT h.sequence, counts.day, counts.sends, h.deleted
            FROM organisation_heads h
            LEFT JOIN LATERAL (
                \(whole) UNION ALL \(unseen) UNION ALL \(edge(5)) UNION ALL \(edge(8))
            ) counts ON true
            WHERE h.org_id = $1
            """
    }
}
