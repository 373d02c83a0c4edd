public import SendLogCore

/// Reads totals in periods.
extension SQLiteStore {
    /// The number of times that totals are read in slices, before they are read in one.
    private static let maxAttempts = 3

    /// See ``LogReader/totals(of:in:maxReads:of:)``.
    public func totals(
        of search: SendLogSearch,
        in periods: [ClosedRange<Timestamp>],
        maxReads: Int?,
        of organisation: OrganisationID
    ) async throws(StoreError) -> [SendTotals]? {
        if periods.isEmpty { return [] }
        let plan = TotalsPlan(periods)
        var attempt = 1
        while true {
            // Deletions cannot come between the slices of the last attempt, which has only one.
            let length = attempt > Self.maxAttempts ? .max : TotalsReading.sliceLength
            var reading = TotalsReading(search, plan, maxReads: maxReads, in: organisation)
            var outcome = TotalsReading.Outcome.more
            while outcome == .more {
                outcome = try await readers.scan(for: organisation) { try reading.readSlice(of: length, on: $0) }
            }
            switch outcome {
            case .tooManyReads: return nil
            case .outdated: attempt += 1
            case .complete, .more: return try reading.result()
            }
        }
    }
}
