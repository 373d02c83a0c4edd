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
    static let maxCampaigns = 8
    /// The largest number of sends to a recipient of which a chart is drawn: they are read, not counted by counters.
    private static let maxRecipientSends = 10_000
    /// The largest number of sends that are read one by one, because a bar has only a part of their day in UTC.
    ///
    /// SQLite reads 5,000 in a millisecond, once for all pages of a result.
    private static let maxReads = 50_000
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
        if filter.recipient != nil {
            guard total <= Self.maxRecipientSends else { return [] }
            let sends = try await sends(search, in: organisation)
            guard let frame = ChartFrame(Self.tallies(of: sends), filter, zone) else { return [] }
            var chart = frame.chart
            chart.add(sends)
            return try await draw(frame.trimmed(chart), in: zone, frame, search, organisation)
        }
        let days = (filter.from ?? .earliest).day...(filter.to ?? .latest).day
        let campaigns = filter.campaigns.isEmpty ? nil : filter.campaigns
        let tallies = try await store.tallies(of: campaigns, over: days, in: organisation)
        guard let frame = ChartFrame(tallies, filter, zone) else { return [] }
        let isPinned = try await store.organisation(organisation).head.lastSequence == filter.asOf
        let (chart, chartZone) = try await count(isPinned ? tallies : nil, frame, search, organisation)
        let html = try await draw(frame.trimmed(chart), in: chartZone, frame, search, organisation)
        // The days and the unit come from all sends, also from those that were recorded after the snapshot.
        guard isPinned, filter.campaigns.count <= Self.maxCampaigns else { return html }
        cache.insert(html, for: key)
        return html
    }

    /// Counts the sends of a chart's bars.
    ///
    /// - Parameters:
    ///   - tallies: the counters of the days, if the search is of all sends recorded so far; else `nil`
    ///   - frame: the chart before it is counted
    ///   - search: the search
    ///   - organisation: the organisation
    /// - Returns: the chart, and the time zone of its days: UTC if days of the user would take too long to count.
    /// - Throws: ``StoreError``.
    private func count(
        _ tallies: [DayTally]?,
        _ frame: ChartFrame,
        _ search: SendLogSearch,
        _ organisation: OrganisationID
    ) async throws(StoreError) -> (Chart, UserTimeZone) {
        for (var chart, zone) in [(frame.chart, frame.zone), (frame.chartOfUTCDays, .utc)] {
            if let tallies, chart.hasWholeUTCDays {
                chart.add(tallies)
                return (chart, zone)
            }
            let periods = chart.bars.map(\.period)
            // Counters give whole days in UTC as of any snapshot.
            let maxReads = chart.hasWholeUTCDays ? nil : Self.maxReads
            if let totals = try await store.totals(of: search, in: periods, maxReads: maxReads, of: organisation) {
                chart.set(totals)
                return (chart, zone)
            }
        }
        return (frame.chartOfUTCDays, .utc)
    }

    /// Reads the moments and destinations of the sends of a search.
    private func sends(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [(moment: Int64, totals: SendTotals)] {
        var search = search
        (search.skip, search.limit, search.order) = (0, Self.maxRecipientSends, .oldestFirst)
        var sends: [(moment: Int64, totals: SendTotals)] = []
        try await SendsReader(store, in: organisation).forEach(search) { fields, row in
            guard let start = Timestamp(rfc3339: fields.startDeliveryAt) else { return true }
            sends.append((start.milliseconds, SendTotals(sends: 1, destinations: row.destinations)))
            return true
        }
        return sends
    }

    /// Counts sends by their day in UTC.
    private static func tallies(of sends: [(moment: Int64, totals: SendTotals)]) -> [DayTally] {
        var tallies: [DayTally] = []
        for (moment, totals) in sends {
            guard let day = Timestamp(milliseconds: moment)?.day else { continue }
            let tally = DayTally(day: day, sends: totals.sends, destinations: totals.destinations)
            if let last = tallies.indices.last, tallies[last].day == day {
                tallies[last] += tally
            } else {
                tallies.append(tally)
            }
        }
        return tallies
    }

    /// Renders a chart.
    private func draw(
        _ chart: Chart,
        in chartZone: UserTimeZone,
        _ frame: ChartFrame,
        _ search: SendLogSearch,
        _ organisation: OrganisationID
    ) async throws(StoreError) -> [UInt8] {
        let (filter, zone) = (frame.filter, frame.zone)
        guard let first = chart.bars.first, let last = chart.bars.last else { return [] }
        let links = chart.bars.map { filter.narrowed($0.period.lowerBound, $0.period.upperBound).link() }
        let (sends, destinations) = (chart.sendsScale, chart.destinationsScale)
        var (svg, table): ([UInt8], [UInt8]) = ([], [])
        chart.append(to: &svg, links: links)
        chart.appendRows(to: &table, links: links)
        var values: [String: Any] = [
            "svg": svg, "table": table, "first": first.days.lowerBound.title, "last": last.days.upperBound.title,
            "unit": chart.unit.rawValue, "zone": chartZone.name,
            "most-sends": (chart.bars.map(\.sends).max() ?? 0).grouped,
            "most-destinations": (chart.bars.map(\.destinations).max() ?? 0).grouped,
            "sends-end": ChartScale.label(sends.end), "sends-middle": sends.middle.map(ChartScale.label) ?? "",
            "destinations-end": ChartScale.label(destinations.end),
            "destinations-middle": destinations.middle.map(ChartScale.label) ?? "",
            "is-cut": chart.bars.contains { sends.cuts($0.sends) || destinations.cuts($0.destinations) },
        ]
        if chartZone.name != zone.name { values["user-zone"] = zone.name }
        if frame.span.hasEarlier {
            let end = first.period.lowerBound.advanced(by: -1)
            values["earlier"] = try await note(on: filter.narrowed(filter.from, end), search, zone, organisation)
        }
        if frame.span.hasLater {
            let start = last.period.upperBound.advanced(by: 1)
            values["later"] = try await note(on: filter.narrowed(start, filter.to), search, zone, organisation)
        }
        return templates.render("chart", values)
    }

    /// Returns the values of the note on sends that are not in the chart, and the link to them.
    ///
    /// - Returns: `nil` if there are none.
    private func note(
        on filter: SendsFilter,
        _ search: SendLogSearch,
        _ zone: UserTimeZone,
        _ organisation: OrganisationID
    ) async throws(StoreError) -> [String: Any]? {
        var search = search
        (search.from, search.to) = (filter.from, filter.to)
        guard let (title, count) = try await title(of: search, zone, organisation) else { return nil }
        return ["text": title, "verb": count == 1 ? "is" : "are", "link": filter.link()]
    }

    /// Returns the number of sends of a search and when they started, such as `1 send on 1 Jan 2099`.
    ///
    /// - Returns: `nil` if it finds none.
    private func title(
        of search: SendLogSearch,
        _ zone: UserTimeZone,
        _ organisation: OrganisationID
    ) async throws(StoreError) -> (title: String, count: Int)? {
        var days: [Day] = []
        var search = search
        (search.skip, search.limit) = (0, 1)
        var total = 0
        for order in [SortOrder.oldestFirst, .newestFirst] {
            search.order = order
            total = try await SendsReader(store, in: organisation).forEach(search) { fields, _ in
                if let start = Timestamp(rfc3339: fields.startDeliveryAt) { days.append(zone.local(start).day) }
                return true
            }
        }
        guard let first = days.first, let last = days.last else { return nil }
        let time = first == last ? "on \(first.title)" : "from \(first.title) to \(last.title)"
        return ("\(total.counted("send")) \(time)", total)
    }
}
