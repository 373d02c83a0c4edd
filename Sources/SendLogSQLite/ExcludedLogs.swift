import SendLogCore

/// The logs that the counters include and a snapshot excludes: fewer than one block.
struct ExcludedLogs {
    let database: Connection
    let organisation: OrganisationID
    /// The organisation or campaigns whose logs count.
    let sources: [LogSource]
    let plan: SearchPlan

    /// Calls `body` with the start of each log, in milliseconds since 1970, and its stored number of destinations.
    func readEach(_ body: (_ start: Int64, _ destinations: Int64) throws -> Void) throws {
        let end = min(plan.head.lastSequence, CounterBlock.last(of: CounterBlock.of(plan.asOf)))
        guard plan.asOf < end else { return }
        var requested: Set<Int64>?
        if !sources.contains(.organisation(organisation.number)) { requested = Set(sources.map(\.number)) }
        var query = try Query(
            "SELECT start, campaign, destinations FROM send_logs WHERE place > ? AND place <= ?",
            on: database
        )
        try query.bind(RowID(organisation, plan.asOf).rawValue, RowID(organisation, end).rawValue)
        while try query.step() {
            if requested?.contains(query.integer(1)) ?? true { try body(query.integer(0), query.integer(2)) }
        }
    }
}
