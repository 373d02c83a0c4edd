import SendLogCore

/// Computes the totals of a search in periods: counters give whole days, and parts of days are read; see ``TotalsPlan``.
struct TotalsQuery {
    let organisation: OrganisationID
    let search: SendLogSearch
    let plan: TotalsPlan

    /// The number of found send logs that one statement reads.
    static let maxFound = 100_000

    /// Which index the numbers of a row refer to.
    private enum Kind: Int64 {
        /// A period that gets the counters of days.
        case period
        /// A part of a day.
        case part
        /// A day from whose counters the row is subtracted: the send logs after `asOf`.
        case day
    }

    /// Returns the totals of the periods.
    ///
    /// - Parameters:
    ///   - maxReads: see ``LogReader/totals(of:in:maxReads:of:)``
    ///   - connection: the connection
    /// - Returns: the totals; `nil` if more send logs would have to be read.
    /// - Throws: ``PostgresFailure``; ``StoreError/notFound`` if the organisation does not exist;
    ///   ``StoreError/corrupted(detail:)``.
    func run(maxReads: Int?, on connection: Connection) throws -> [SendTotals]? {
        if let found = search.found {
            if let maxReads, found.count > maxReads { return nil }
            // Logs may be deleted between the statements, which must read the same ones.
            return try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
                try totals(of: found, on: connection)
            }
        }
        if let maxReads, try expectedReads(on: connection) > maxReads { return nil }
        return try totals(on: connection)
    }

    // MARK: - By counters

    private func totals(on connection: Connection) throws -> [SendTotals] {
        var parameters = Parameters(organisation.number, search.asOf?.number ?? .max)
        parameters.add(plan.days.map { Int32(clamping: $0.range.lowerBound) })
        parameters.add(plan.days.map { Int32(clamping: $0.range.upperBound) })
        parameters.add(plan.days.map { Int32(clamping: $0.period) })
        parameters.add(plan.parts.map(\.range.lowerBound.milliseconds), plan.parts.map(\.range.upperBound.milliseconds))
        if let campaigns = search.campaigns { parameters.add(campaigns.map(\.text)) }
        let rows = try connection.rows(Self.sql(ofCampaigns: search.campaigns != nil), parameters)
        guard rows.count > 0 else { throw StoreError.notFound }
        var sums = TotalsSums(plan)
        for row in 0..<rows.count {
            // Without sends, the only row has none.
            guard !rows.isNull(row, 0), let kind = Kind(rawValue: rows.integer(row, 0)) else { continue }
            let number = Int(rows.integer(row, 1))
            let totals = try SendTotals(storedSends: rows.integer(row, 2), destinations: rows.integer(row, 3))
            switch kind {
            case .period: try sums.add(totals, to: number)
            case .part: try sums.add(totals, ofPart: number)
            case .day: try sums.add(totals.negated, to: plan.period(ofDay: number))
            }
        }
        return try sums.result()
    }

    static func sql(ofCampaigns: Bool) -> String {
        let counters = ofCampaigns ? "campaign_days" : "organisation_days"
        let asOf = "least(h.sequence, $2)"
        let block = "((\(asOf) - 1) / \(CounterBlock.size))"
        // Each campaign is looked up separately, so that no plan reads campaigns that were not asked for.
        let (each, campaign) =
            ofCampaigns ? ("CROSS JOIN unnest($8::text[]) c (campaign)", "AND campaign = c.campaign") : ("", "")
        let sums = "coalesce(sum(sends), 0)::bigint, coalesce(sum(destinations), 0)::bigint"
        let whole = """
            SELECT \(Kind.period.rawValue)::bigint AS kind, p.number::bigint AS number, \(sums)
            FROM unnest($3::integer[], $4::integer[], $5::integer[]) p (first, last, number) \(each)
            CROSS JOIN LATERAL (
                SELECT sum(sends) AS sends, sum(destinations) AS destinations FROM \(counters)
                WHERE org_id = $1 AND day BETWEEN p.first AND p.last AND block <= \(block) \(campaign)
            ) d
            GROUP BY p.number
            """
        let parts = """
            SELECT \(Kind.part.rawValue), p.number - 1, \(sums)
            FROM unnest($6::bigint[], $7::bigint[]) WITH ORDINALITY p (first, last, number) \(each)
            CROSS JOIN LATERAL (
                SELECT count(*) AS sends, sum(destinations) AS destinations FROM send_logs
                WHERE org_id = $1 AND start BETWEEN p.first AND p.last AND seq <= \(asOf) \(campaign)
            ) l
            GROUP BY p.number
            """
        // Logs after `asOf` are found by sequence number only, at most one block of them. `campaign || ''` keeps the
        // planner from another index, where millions of logs may match.
        let excluded = """
            SELECT \(Kind.day.rawValue), (start - (start % 86400000 + 86400000) % 86400000) / 86400000,
                count(*), coalesce(sum(destinations), 0)::bigint
            FROM send_logs
            WHERE org_id = $1 AND seq > \(asOf) AND seq <= least(h.sequence, (\(block) + 1) * \(CounterBlock.size))
                \(ofCampaigns ? "AND campaign || '' = ANY($8)" : "") GROUP BY 2
            """
        return """
            SELECT t.kind, t.number, t.sends, t.destinations FROM organisation_heads h
            LEFT JOIN LATERAL (
                \(whole) UNION ALL \(parts) UNION ALL \(excluded)
            ) t (kind, number, sends, destinations) ON true
            WHERE h.org_id = $1
            """
    }

    /// Returns the number of send logs in the parts of days, estimated from the counters of the days.
    private func expectedReads(on connection: Connection) throws -> Int {
        var parameters = Parameters(organisation.number)
        parameters.add(plan.parts.map { Int32(clamping: $0.day) }, plan.parts.map(\.length))
        if let campaigns = search.campaigns { parameters.add(campaigns.map(\.text)) }
        return Int(
            try connection.rows(Self.expectedSQL(ofCampaigns: search.campaigns != nil), parameters).integer(0, 0)
        )
    }

    static func expectedSQL(ofCampaigns: Bool) -> String {
        let each = ofCampaigns ? "CROSS JOIN unnest($4::text[]) c (campaign)" : ""
        return """
            SELECT least(ceil(coalesce(sum(d.sends * p.length), 0) / \(Day.milliseconds)), \(Int64.max))::bigint
            FROM unnest($2::integer[], $3::bigint[]) p (day, length) \(each)
            CROSS JOIN LATERAL (
                SELECT sum(sends) AS sends FROM \(ofCampaigns ? "campaign_days" : "organisation_days")
                WHERE org_id = $1 AND day = p.day \(ofCampaigns ? "AND campaign = c.campaign" : "")
            ) d
            """
    }

    // MARK: - Among found send logs

    private func totals(of found: [Int64], on connection: Connection) throws -> [SendTotals] {
        let head = try LogHead(of: organisation, on: connection)
        let asOf = SearchPlan(search, head: head).asOf
        let (first, last) = (plan.periods.first?.lowerBound ?? .earliest, plan.periods.last?.upperBound ?? .latest)
        var (sums, rest) = (TotalsSums(plan), found[...])
        while !rest.isEmpty {
            let part = rest.prefix(Self.maxFound)
            rest = rest.dropFirst(part.count)
            var parameters = Parameters(organisation.number, Array(part), asOf.number)
            parameters.add(first.milliseconds, last.milliseconds)
            parameters.add(search.campaigns == nil, search.campaigns?.map(\.text) ?? [])
            parameters.add(plan.periods.map(\.lowerBound.milliseconds), plan.periods.map(\.upperBound.milliseconds))
            let rows = try connection.rows(Self.foundSQL, parameters)
            for row in 0..<rows.count {
                let totals = try SendTotals(storedSends: rows.integer(row, 1), destinations: rows.integer(row, 2))
                // PostgreSQL counts from 1.
                try sums.add(totals, to: Int(rows.integer(row, 0)) - 1)
            }
        }
        return try sums.result()
    }

    /// Finds each log by its sequence number, see ``FoundQuery/keysSQL(_:)``, and its period by the begin of each.
    static let foundSQL = """
        SELECT period::bigint, count(*), coalesce(sum(destinations), 0)::bigint FROM (
            SELECT start, destinations, width_bucket(start, $8::bigint[]) AS period FROM send_logs
            WHERE org_id = $1 AND seq = ANY($2) AND seq + 0 <= $3 AND start + 0 BETWEEN $4 AND $5
                AND ($6 OR campaign IN (SELECT unnest($7::text[])))
        ) l
        WHERE start <= ($9::bigint[])[period] GROUP BY period
        """
}
