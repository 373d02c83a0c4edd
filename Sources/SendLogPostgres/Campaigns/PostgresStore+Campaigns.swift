public import SendLogCore

/// Reads campaigns and their counters, and names campaigns.
extension PostgresStore: CampaignStore {
    /// See ``CampaignStore/reduceCampaigns(_:in:into:_:)``.
    public func reduceCampaigns<Result: Sendable>(
        _ query: CampaignQuery,
        in organisation: OrganisationID,
        into initial: Result,
        _ add: @escaping @Sendable (inout Result, Campaign) throws(StoreError) -> Void
    ) async throws(StoreError) -> (totals: CampaignTotals, result: Result) {
        try await performLong(for: organisation) { connection in
            var result = initial
            let report = CampaignReport(connection: connection, organisation: organisation)
            let totals = try report.forEach(query) { try add(&result, $0) }
            return (totals, result)
        }
    }

    /// See ``CampaignStore/campaign(_:in:)``.
    public func campaign(_ id: CampaignID, in organisation: OrganisationID) async throws(StoreError) -> Campaign {
        let found = try await performLong(for: organisation) {
            try CampaignReport(connection: $0, organisation: organisation).campaign(id)
        }
        guard let found else { throw .notFound }
        return found
    }

    /// See ``CampaignStore/nameCampaign(_:_:in:)``.
    public func nameCampaign(
        _ id: CampaignID,
        _ name: CampaignName,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Campaign {
        let found = try await performShort(for: organisation) { connection in
            let parameters = Parameters(organisation.number, id.text, name.description)
            // Selects from the head row, so that Citus runs the whole statement on the organisation's node.
            _ = try connection.rows(
                """
                INSERT INTO campaign_names AS n (org_id, campaign, name)
                    SELECT h.org_id, $2, $3 FROM organisation_heads h
                    WHERE h.org_id = $1
                        AND EXISTS (SELECT FROM campaign_days d WHERE d.org_id = h.org_id AND d.campaign = $2)
                    ON CONFLICT (org_id, campaign) DO UPDATE SET name = excluded.name
                """,
                parameters
            )
            return try CampaignReport(connection: connection, organisation: organisation).campaign(id)
        }
        guard let found else { throw .notFound }
        return found
    }

    /// See ``CampaignStore/campaignNames(of:in:)``.
    public func campaignNames(
        of ids: [CampaignID]?,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: CampaignName] {
        let rows = try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number)
            if let ids { parameters.add(ids.map(\.text)) }
            return try connection.rows(
                """
                SELECT campaign, name FROM campaign_names
                WHERE org_id = $1 \(ids == nil ? "" : "AND campaign = ANY($2)")
                """,
                parameters
            )
        }
        var names: [CampaignID: CampaignName] = [:]
        for row in 0..<rows.count {
            if let id = CampaignID(rows.text(row, 0)) { names[id] = CampaignName(rows.text(row, 1)) }
        }
        return names
    }

    /// See ``CampaignStore/tallies(of:over:in:)``.
    public func tallies(
        of campaigns: [CampaignID]?,
        over days: ClosedRange<Day>,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [DayTally] {
        let rows = try await performLong(for: organisation) { connection in
            var parameters = Parameters(organisation.number, Int32(clamping: days.lowerBound.number))
            parameters.add(Int32(clamping: days.upperBound.number))
            if let campaigns { parameters.add(campaigns.map(\.text)) }
            return try connection.rows(Self.talliesSQL(ofCampaigns: campaigns != nil), parameters)
        }
        return try (0..<rows.count).map { (row) throws(StoreError) in try Self.tally(rows, row, from: 0) }
    }

    static func talliesSQL(ofCampaigns: Bool) -> String {
        """
        SELECT day, sum(sends)::bigint, sum(destinations)::bigint
        FROM \(ofCampaigns ? "campaign_days" : "organisation_days")
        WHERE org_id = $1 AND day BETWEEN $2 AND $3 \(ofCampaigns ? "AND campaign = ANY($4)" : "")
        GROUP BY day ORDER BY day
        """
    }

    /// See ``CampaignStore/tallies(ofEach:over:in:)``.
    public func tallies(
        ofEach campaigns: [CampaignID],
        over days: ClosedRange<Day>,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: [DayTally]] {
        let rows = try await performLong(for: organisation) { connection in
            var parameters = Parameters(organisation.number, campaigns.map(\.text))
            parameters.add(Int32(clamping: days.lowerBound.number), Int32(clamping: days.upperBound.number))
            return try connection.rows(
                """
                SELECT campaign, day, sum(sends)::bigint, sum(destinations)::bigint FROM campaign_days
                WHERE org_id = $1 AND campaign = ANY($2) AND day BETWEEN $3 AND $4
                GROUP BY campaign, day ORDER BY campaign, day
                """,
                parameters
            )
        }
        var tallies: [CampaignID: [DayTally]] = [:]
        for row in 0..<rows.count {
            if let id = CampaignID(rows.text(row, 0)) {
                tallies[id, default: []].append(try Self.tally(rows, row, from: 1))
            }
        }
        return tallies
    }

    private static func tally(_ rows: Rows, _ row: Int, from column: Int) throws(StoreError) -> DayTally {
        DayTally(
            day: Day(number: try StoredNumber.day(rows.integer(row, column))),
            sends: try rows.count(row, column + 1),
            destinations: try rows.count(row, column + 2)
        )
    }
}
