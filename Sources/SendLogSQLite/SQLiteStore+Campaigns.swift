public import SendLogCore

/// Reads campaigns and their counters, and names campaigns.
extension SQLiteStore: CampaignStore {
    /// See ``CampaignStore/reduceCampaigns(_:in:into:_:)``.
    public func reduceCampaigns<Result: Sendable>(
        _ query: CampaignQuery,
        in organisation: OrganisationID,
        into initial: Result,
        _ add: @escaping @Sendable (inout Result, Campaign) throws(StoreError) -> Void
    ) async throws(StoreError) -> (totals: CampaignTotals, result: Result) {
        let period = try await readPeriod(query.period, in: organisation)
        return try await readers.scan(for: organisation) { database in
            var (period, result) = (period, initial)
            try period?.complete(on: database)
            let report = CampaignReport(database: database, organisation: organisation)
            let totals = try report.forEach(query, in: period) { try add(&result, $0) }
            return (totals, result)
        }
    }

    /// Reads the send logs of the days that a period cuts, in several snapshots if they are many.
    private func readPeriod(
        _ range: ClosedRange<Timestamp>?,
        in organisation: OrganisationID
    ) async throws(StoreError) -> CampaignPeriod? {
        guard let range else { return nil }
        var period = CampaignPeriod(range, organisation: organisation)
        while !period.isRead {
            period = try await readers.scan(for: organisation) { [period] database in
                var next = period
                try next.readSlice(on: database)
                return next
            }
        }
        return period
    }

    /// See ``CampaignStore/campaign(_:in:)``.
    public func campaign(_ id: CampaignID, in organisation: OrganisationID) async throws(StoreError) -> Campaign {
        try await readers.scan(for: organisation) {
            try CampaignReport(database: $0, organisation: organisation).campaign(id)
        }
    }

    /// See ``CampaignStore/nameCampaign(_:_:in:)``.
    public func nameCampaign(
        _ id: CampaignID,
        _ name: CampaignName,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Campaign {
        try await write(for: organisation) { database in
            let query = try Query("UPDATE campaigns SET name = ? WHERE organisation = ? AND id = ?", on: database)
            try query.run(name.description, organisation.number, PackedID(id))
            return try CampaignReport(database: database, organisation: organisation).campaign(id)
        }
    }

    /// See ``CampaignStore/campaignNames(of:in:)``.
    public func campaignNames(
        of ids: [CampaignID]?,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: CampaignName] {
        // One scan for all names: one snapshot, and one lock.
        try await readers.scan(for: organisation) { database in
            guard let ids else { return try Self.names(database, in: organisation) }
            var names: [CampaignID: CampaignName] = [:]
            // Most organisations have no named campaign.
            var first = try Query(Self.anySQL, on: database)
            try first.bind(organisation.number)
            guard try first.step() else { return names }
            for id in ids {
                var query = try Query(Self.nameSQL, on: database)
                try query.bind(organisation.number, PackedID(id))
                if try query.step() { names[id] = CampaignName(query.text(0)) }
            }
            return names
        }
    }

    private static let anySQL: StaticString = """
        SELECT 1 FROM campaigns INDEXED BY campaigns_named WHERE organisation = ? AND name IS NOT NULL LIMIT 1
        """

    /// Searches only the campaigns with a name, which are few.
    private static let nameSQL: StaticString = """
        SELECT name FROM campaigns INDEXED BY campaigns_named
        WHERE organisation = ? AND id = ? AND name IS NOT NULL
        """

    private static func names(
        _ database: Connection,
        in organisation: OrganisationID
    ) throws -> [CampaignID: CampaignName] {
        var query = try Query(
            dynamicSQL: """
                SELECT \(PackedID.sql(of: "id")), name FROM campaigns INDEXED BY campaigns_named
                WHERE organisation = ? AND name IS NOT NULL
                """,
            on: database
        )
        try query.bind(organisation.number)
        var names: [CampaignID: CampaignName] = [:]
        while try query.step() {
            if let id = CampaignID(query.text(0)) { names[id] = CampaignName(query.text(1)) }
        }
        return names
    }

    /// See ``CampaignStore/tallies(of:over:in:)``.
    public func tallies(
        of campaigns: [CampaignID]?,
        over days: ClosedRange<Day>,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [DayTally] {
        try await readers.scan(for: organisation) { database in
            let report = CampaignReport(database: database, organisation: organisation)
            guard let campaigns else { return try report.tallies(.organisation(organisation.number), over: days) }
            var sums: [Day: DayTally] = [:]
            for id in Set(campaigns) {
                guard let number = try database.campaignNumber(id, in: organisation) else { continue }
                for tally in try report.tallies(.campaign(number), over: days) {
                    sums[tally.day, default: tally.none] += tally
                }
            }
            return sums.values.sorted { $0.day < $1.day }
        }
    }

    /// See ``CampaignStore/tallies(ofEach:over:in:)``.
    public func tallies(
        ofEach campaigns: [CampaignID],
        over days: ClosedRange<Day>,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: [DayTally]] {
        try await readers.scan(for: organisation) { database in
            let report = CampaignReport(database: database, organisation: organisation)
            var tallies: [CampaignID: [DayTally]] = [:]
            for id in Set(campaigns) {
                guard let number = try database.campaignNumber(id, in: organisation) else { continue }
                let found = try report.tallies(.campaign(number), over: days)
                if !found.isEmpty { tallies[id] = found }
            }
            return tallies
        }
    }
}
