public import SendLogCore

/// Reads totals in periods.
extension PostgresStore {
    /// See ``LogReader/totals(of:in:maxReads:of:)``.
    public func totals(
        of search: SendLogSearch,
        in periods: [ClosedRange<Timestamp>],
        maxReads: Int?,
        of organisation: OrganisationID
    ) async throws(StoreError) -> [SendTotals]? {
        if periods.isEmpty { return [] }
        let query = TotalsQuery(organisation: organisation, search: search.forTotals, plan: TotalsPlan(periods))
        return try await performLong(for: organisation) { try query.run(maxReads: maxReads, on: $0) }
    }
}
