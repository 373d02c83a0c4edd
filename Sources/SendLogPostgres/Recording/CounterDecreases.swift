import SendLogCore

/// The decreases of the counters by day and block that the deletion of logs makes.
struct CounterDecreases {
    private struct Count {
        var sends: Int64 = 0
        var destinations: Int64 = 0
    }

    private struct Key: Hashable {
        /// The campaign; empty for the organisation.
        let campaign: String
        let day: Int
        let block: Int64
    }

    private var organisation: [Key: Count] = [:]
    private var campaigns: [Key: Count] = [:]
    private var total = Count()

    /// Adds a deleted log.
    mutating func add(_ day: Day, _ sequence: SequenceNumber, campaign: String, destinations: Int) {
        let block = CounterBlock.of(sequence)
        func add(to count: inout Count) {
            count.sends += 1
            count.destinations += Int64(destinations)
        }
        add(to: &organisation[Key(campaign: "", day: day.number, block: block), default: Count()])
        add(to: &campaigns[Key(campaign: campaign, day: day.number, block: block), default: Count()])
        add(to: &total)
    }

    /// Writes the decreases and the head; a day without logs has no counter.
    func write(of organisation: OrganisationID, on connection: Connection) throws {
        try write(self.organisation, to: "organisation_days", of: organisation, on: connection)
        try write(campaigns, to: "campaign_days", of: organisation, on: connection)
        var parameters = Parameters()
        parameters.add(organisation.number)
        parameters.add(total.sends)
        parameters.add(total.destinations)
        _ = try connection.rows(
            """
            UPDATE organisation_heads SET deleted = deleted + $2, destinations = destinations - $3 WHERE org_id = $1
            """,
            parameters
        )
    }

    private func write(
        _ counts: [Key: Count],
        to table: String,
        of organisation: OrganisationID,
        on connection: Connection
    ) throws {
        let isOfCampaigns = table == "campaign_days"
        let (keys, values) = (Array(counts.keys), Array(counts.values))
        var parameters = Parameters()
        parameters.add(organisation.number)
        parameters.add(integers: keys.map(\.day))
        parameters.add(bigints: keys.map(\.block))
        if isOfCampaigns { parameters.add(texts: keys.map(\.campaign)) }
        let owner = isOfCampaigns ? "AND d.campaign = n.campaign" : ""
        let columns = isOfCampaigns ? "day, block, campaign" : "day, block"
        let arrays = isOfCampaigns ? "$2, $3, $4" : "$2, $3"
        let match = "d.org_id = $1 AND d.day = n.day AND d.block = n.block \(owner)"
        var decreases = parameters
        decreases.add(bigints: values.map(\.sends))
        decreases.add(bigints: values.map(\.destinations))
        let more = isOfCampaigns ? "$5, $6" : "$4, $5"
        let rows = try connection.rows(
            """
            UPDATE \(table) d SET sends = d.sends - n.sends, destinations = d.destinations - n.destinations
            FROM unnest(\(arrays), \(more)) n (\(columns), sends, destinations) WHERE \(match)
            """,
            decreases
        )
        guard rows.affectedRows == counts.count else {
            throw StoreError.corrupted(detail: "a counter of a deleted log is missing")
        }
        _ = try connection.rows(
            "DELETE FROM \(table) d USING unnest(\(arrays)) n (\(columns)) WHERE \(match) AND d.sends = 0",
            parameters
        )
    }
}
