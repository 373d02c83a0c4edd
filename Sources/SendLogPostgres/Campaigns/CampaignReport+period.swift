import SendLogCore

/// The numbers of campaigns in a period: counters of whole days, and the send logs of the days that the period cuts.
extension CampaignReport {
    /// The parameters of a period, which follow those of the search term.
    struct PeriodParameters {
        private let first: Int

        init(_ query: CampaignQuery) { first = query.term == nil ? 4 : 6 }

        /// The first and the last day whose counters count.
        var days: String { "$\(first)::integer AND $\(first + 1)::integer" }
        /// The parts of days whose send logs are read: 1 to add them, -1 to subtract them, with their first and last time.
        var parts: String { "unnest($\(first + 2)::bigint[], $\(first + 3)::bigint[], $\(first + 4)::bigint[])" }
        /// The first millisecond of the period.
        var from: String { "$\(first + 5)" }
        /// The last millisecond of the period.
        var to: String { "$\(first + 6)" }
    }

    /// Adds the values of ``PeriodParameters``.
    ///
    /// - Parameters:
    ///   - plan: the plan of one period
    ///   - parameters: the parameters of the statement
    static func add(_ plan: TotalsPlan, to parameters: inout Parameters) {
        // If no counters count, the range is empty.
        parameters.add(
            Int32(clamping: plan.days.first?.range.lowerBound ?? 1),
            Int32(clamping: plan.days.last?.range.upperBound ?? 0)
        )
        parameters.add(plan.parts.map { Int64($0.subtractedFrom == nil ? 1 : -1) })
        parameters.add(plan.parts.map(\.range.lowerBound.milliseconds))
        parameters.add(plan.parts.map(\.range.upperBound.milliseconds))
        for period in plan.periods { parameters.add(period.lowerBound.milliseconds, period.upperBound.milliseconds) }
    }

    /// Returns the SQL for the sums of each campaign that has send logs in a period.
    ///
    /// `campaign || ''` keeps the planner from grouping by the index of campaigns, which has the logs of all days. A
    /// campaign with damaged counters may have any number but 0, which fails when it is read.
    static func counters(_ period: PeriodParameters) -> String {
        """
        SELECT campaign, sum(sends)::bigint AS sends, sum(destinations)::bigint AS destinations FROM (
            SELECT campaign, sends, destinations FROM campaign_days WHERE org_id = $1 AND day BETWEEN \(period.days)
            UNION ALL
            SELECT l.campaign, p.sign * l.sends, p.sign * l.destinations FROM \(period.parts) p (sign, first, last)
            CROSS JOIN LATERAL (
                SELECT campaign || '' AS campaign, count(*) AS sends, sum(destinations) AS destinations FROM send_logs
                WHERE org_id = $1 AND start BETWEEN p.first AND p.last GROUP BY 1
            ) l
        ) counted GROUP BY campaign HAVING sum(sends) <> 0
        """
    }
}
