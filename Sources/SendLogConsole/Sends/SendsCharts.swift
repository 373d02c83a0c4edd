import SendLogCore

/// Draws the charts of the Sends Report, and keeps them while nothing is recorded: the pages of one walk have one chart.
final class SendsCharts: Sendable {
    /// All that a chart depends on.
    private struct Key: Hashable {
        let organisation: OrganisationID
        let campaigns: [CampaignID]
        let from: Timestamp?
        let to: Timestamp?
        let rows: Int
        let asOf: SequenceNumber?
        let zone: String
    }

    /// Charts of more campaigns are seldom asked for twice.
    private static let mostCampaigns = 8
    private let store: any CampaignStore & Directory
    private let templates: Templates
    private let kept = KeptHTML<Key>(most: 8 << 20)

    init(store: any CampaignStore & Directory, templates: Templates) {
        self.store = store
        self.templates = templates
    }

    /// The chart of a filter that is pinned.
    ///
    /// - Returns: HTML, empty where there is nothing to draw.
    /// - Throws: ``StoreError``.
    func html(
        _ filter: SendsFilter,
        _ zone: ViewerZone,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [UInt8] {
        let key = Key(
            organisation: organisation,
            campaigns: filter.campaigns,
            from: filter.from,
            to: filter.to,
            rows: filter.rows,
            asOf: filter.asOf,
            zone: zone.name
        )
        if let known = kept[key] { return known }
        let days = (filter.from ?? .earliest).day...(filter.to ?? .latest).day
        let tallies = try await store.tallies(
            of: filter.campaigns.isEmpty ? nil : filter.campaigns,
            over: days,
            in: organisation
        )
        let isBounded = filter.from != nil && filter.to != nil
        let html = draw(Chart(tallies, over: isBounded ? days : nil), filter, zone)
        // What came in between the search and the tallies would stay wrong.
        let isPinned = try await store.organisation(organisation).sends == filter.asOf.map { Int($0.number) }
        guard isPinned, filter.campaigns.count <= Self.mostCampaigns else { return html }
        kept.keep(html, for: key)
        return html
    }

    private func draw(_ chart: Chart, _ filter: SendsFilter, _ zone: ViewerZone) -> [UInt8] {
        guard let first = chart.bars.first, let last = chart.bars.last else { return [] }
        let links = chart.bars.map { bar in
            var narrow = filter
            narrow.asOf = nil
            // The first and the last bar may reach beyond what is filtered.
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
            "svg": svg, "first": first.first.title, "last": last.last.title,
            "unit": chart.unit.rawValue,
            // Days that the filter cuts are there as a whole, and their sum is not the filter's.
            "sends": isAllTime ? "\(sends.counted("send"))," : "sends,",
            "destinations": isAllTime ? "\(destinations.counted("destination"))," : "destinations,",
            "most-sends": (chart.bars.map(\.sends).max() ?? 0).grouped,
            "most-destinations": (chart.bars.map(\.destinations).max() ?? 0).grouped,
            "table": table,
        ]
        return templates.render("chart", values)
    }
}
