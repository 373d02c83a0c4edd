import SendLogCore

/// Counts the destinations of all sends that a filter finds, and caches them by filter and `asOf`, so that all pages of a
/// result share them.
final class SendsTotals: Sendable {
    /// All inputs of the totals: the filter with the first page, and the number of sends, which any deletion changes.
    private struct Key: Hashable {
        let organisation: OrganisationID
        let filter: SendsFilter
        let total: Int
    }

    private let store: any LogReader & OrganisationStore
    private let cache = HTMLCache<Key>(maxBytes: 2 << 20)

    init(store: any LogReader & OrganisationStore) {
        self.store = store
    }

    /// Returns the number of destinations as text, such as `1 destination`.
    ///
    /// - Parameters:
    ///   - filter: the filter, with an ``SendsFilter/asOf`` snapshot
    ///   - search: its search, as of the same snapshot
    ///   - total: the number of sends that it finds
    ///   - organisation: the organisation
    /// - Returns: the text.
    /// - Throws: ``StoreError``.
    func text(
        _ filter: SendsFilter,
        _ search: SendLogSearch,
        total: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [UInt8] {
        if total == 0 { return Array(0.counted("destination").utf8) }
        var firstPage = filter
        (firstPage.page, firstPage.rows) = (1, SendsFilter.defaultRows)
        let key = Key(organisation: organisation, filter: firstPage, total: total)
        if let known = cache[key] { return known }
        let text = Array(try await destinations(search, total: total, in: organisation).counted("destination").utf8)
        // A key has all campaigns of the filter.
        if filter.campaigns.count <= SendsCharts.maxCampaigns { cache.insert(text, for: key) }
        return text
    }

    private func destinations(
        _ search: SendLogSearch,
        total: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Int {
        if search.isUnfiltered {
            let sums = try await store.organisation(organisation)
            if sums.head.lastSequence == search.asOf, sums.sends == total { return sums.destinations }
        }
        let range = (search.from ?? .earliest)...(search.to ?? .latest)
        let totals = try await store.totals(of: search, in: [range], maxReads: nil, of: organisation)
        return totals?.first?.destinations ?? 0
    }
}
