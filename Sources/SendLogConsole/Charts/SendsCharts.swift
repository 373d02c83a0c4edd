import SendLogCore
import SendLogServices

/// Draws the chart of the Sends Report, and caches it by filter and `asOf`, so that all pages of a result share it.
final class SendsCharts: Sendable {
    /// All inputs of a chart.
    private struct Key: Hashable {
        let organisation: OrganisationID
        /// The filter with `page` set to 1: the chart is the same on every page.
        let filter: SendsFilter
        /// The number of sends that the filter finds, which changes if any of them is deleted.
        let total: Int
        let zone: String
    }

    /// The maximum number of campaigns of a cached chart; charts of more campaigns are rarely requested twice.
    private static let maxCampaigns = 8
    /// The largest number of sends to a recipient of which a chart is drawn: they are read, not counted by counters.
    private static let maxRecipientSends = 10_000
    private let store: any LogReader & CampaignStore & OrganisationStore
    private let templates: Templates
    private let cache = HTMLCache<Key>(maxBytes: 8 << 20)

    init(store: any LogReader & CampaignStore & OrganisationStore, templates: Templates) {
        self.store = store
        self.templates = templates
    }

    /// Returns the chart of a filter with an ``SendsFilter/asOf`` snapshot as HTML; empty if there is nothing to draw.
    ///
    /// - Parameters:
    ///   - filter: the filter
    ///   - search: its search
    ///   - total: the number of sends that it finds
    ///   - zone: the user's time zone
    ///   - organisation: the organisation
    /// - Returns: the chart.
    /// - Throws: ``StoreError``.
    func html(
        _ filter: SendsFilter,
        _ search: SendLogSearch,
        total: Int,
        _ zone: UserTimeZone,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [UInt8] {
        var firstPage = filter
        firstPage.page = 1
        let key = Key(organisation: organisation, filter: firstPage, total: total, zone: zone.name)
        if let known = cache[key] { return known }
        let days = (filter.from ?? .earliest).day...(filter.to ?? .latest).day
        let isBounded = filter.from != nil && filter.to != nil
        if filter.recipient != nil {
            guard total <= Self.maxRecipientSends else { return [] }
            let tallies = try await tallies(search, in: organisation)
            return draw(Chart(tallies, over: isBounded ? days : nil), filter, zone)
        }
        let campaigns = filter.campaigns.isEmpty ? nil : filter.campaigns
        let tallies = try await store.tallies(of: campaigns, over: days, in: organisation)
        let html = draw(Chart(tallies, over: isBounded ? days : nil), filter, zone)
        // Does not cache a chart that includes sends recorded after the snapshot.
        let isPinned = try await store.organisation(organisation).head.lastSequence == filter.asOf
        guard isPinned, filter.campaigns.count <= Self.maxCampaigns else { return html }
        cache.insert(html, for: key)
        return html
    }

    /// Counts the sends of a search by day.
    private func tallies(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [DayTally] {
        var search = search
        (search.skip, search.limit, search.order) = (0, Self.maxRecipientSends, .oldestFirst)
        var tallies: [DayTally] = []
        try await SendsReader(store, in: organisation).forEach(search) { fields, row in
            guard let start = Timestamp(rfc3339: fields.startDeliveryAt) else { return true }
            let send = DayTally(day: start.day, sends: 1, destinations: row.destinations)
            if let last = tallies.indices.last, tallies[last].day == send.day {
                tallies[last] += send
            } else {
                tallies.append(send)
            }
            return true
        }
        return tallies
    }

    private func draw(_ chart: Chart, _ filter: SendsFilter, _ zone: UserTimeZone) -> [UInt8] {
        guard let first = chart.bars.first, let last = chart.bars.last else { return [] }
        let links = chart.bars.map { bar in
            var narrow = filter
            narrow.asOf = nil
            // The first and the last bar may extend beyond the filter.
            let (begin, end) = (bar.first.firstMillisecond, bar.last.lastMillisecond)
            narrow.from = Timestamp(milliseconds: max(begin, filter.from?.milliseconds ?? begin)) ?? filter.from
            narrow.to = Timestamp(milliseconds: min(end, filter.to?.milliseconds ?? end)) ?? filter.to
            return narrow.link(zone: zone)
        }
        let isAllTime = filter.from == nil && filter.to == nil
        var (svg, table): ([UInt8], [UInt8]) = ([], [])
        chart.append(to: &svg, links: links)
        chart.appendRows(to: &table, links: links)
        let (sends, destinations) = chart.bars.reduce(into: (0, 0)) { sums, bar in
            sums.0 += bar.sends
            sums.1 += bar.destinations
        }
        let values: [String: Any] = [
            "svg": svg, "table": table, "first": first.first.title, "last": last.last.title,
            "unit": chart.unit.rawValue,
            // Without sums: days that the filter cuts are drawn in full, so their sum differs from the filter's.
            "sends": isAllTime ? "\(sends.counted("send"))," : "sends,",
            "destinations": isAllTime ? "\(destinations.counted("destination"))," : "destinations,",
            "most-sends": (chart.bars.map(\.sends).max() ?? 0).grouped,
            "most-destinations": (chart.bars.map(\.destinations).max() ?? 0).grouped,
        ]
        return templates.render("chart", values)
    }
}
