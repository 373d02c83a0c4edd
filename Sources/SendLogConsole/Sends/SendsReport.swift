import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The Sends Report: the recorded sends, newest first.
struct SendsReport: Sendable {
    let store: any LogReader & CampaignStore & OrganisationStore
    let middleware: ConsoleMiddleware
    private let charts: SendsCharts
    private let formCache = HTMLCache<[String]>(maxBytes: 2 << 20)

    init(store: any LogReader & CampaignStore & OrganisationStore, middleware: ConsoleMiddleware) {
        self.store = store
        self.middleware = middleware
        charts = SendsCharts(store: store, templates: middleware.pages.templates)
    }

    var routes: [Route] {
        [
            // The filter checks the query, so that the page can show its problems above the form.
            middleware.get("/console/sends", [.readSendLogs], query: nil, handle: show),
            middleware.get("/console/sends.csv", [.readSendLogs], query: nil) { try await export($0, .csv) },
            middleware.get("/console/sends.ndjson", [.readSendLogs], query: nil) { try await export($0, .ndjson) },
        ]
    }

    @Sendable private func show(_ request: UserRequest) async throws -> Response {
        let (user, organisation, now) = (request.user, request.organisation, request.input.now)
        var filter = SendsFilter(request.query, zone: user.zone)
        guard filter.problems.isEmpty else {
            let filterForm = form(filter, user, names: [:], now: now)
            let values: [String: Any] = ["filter": filterForm, "problems": filter.problems]
            return request.page("sends", section: .sends, isInvalid: true, values)
        }
        let found = try await store.search(filter.search, in: organisation)
        filter.asOf = found.asOf
        var names: [CampaignID: CampaignName]? = user.may(.readCampaigns) ? [:] : nil
        var rows: [UInt8] = []
        var block: RowBlock? = found.rows
        while let next = block {
            if names != nil { names?.merge(try await self.names(in: next, filter, organisation)) { $1 } }
            try SendRows(names: names, zone: user.zone).append(next, to: &rows)
            block = nil
            if let rest = next.rest { block = try await store.rows(rest, in: organisation) }
        }

        let curl = CurlCommands(address: user.serverAddress)
        var values: [String: Any] = [
            "filter": form(filter, user, names: names ?? [:], now: now),
            "may-see-campaigns": user.may(.readCampaigns), "total": found.total.grouped,
            "sends-noun": found.total == 1 ? "send" : "sends", "empty": found.total == 0,
            "csv": filter.link("/console/sends.csv", zone: user.zone, isPinned: true),
            "ndjson": filter.link("/console/sends.ndjson", zone: user.zone, isPinned: true),
            "curl": curl.search(filter.search), "curl-export": curl.export(filter.search),
        ]
        values["page-too-high"] = found.total > 0 && rows.isEmpty ? ["link": filter.link(zone: user.zone)] : nil
        if found.total == 0, !filter.hasCriteria {
            values["first-run"] = ["curl": curl.record, "may": user.may(.createSendLogs)]
        }
        values["rows"] = rows.isEmpty ? nil : rows
        values["chart"] = try await charts.html(filter, total: found.total, user.zone, in: organisation)
        let pinned = filter.parameters(zone: user.zone, isPinned: true)
        let pager = Pager(page: filter.page, rows: filter.rows, total: found.total)
        values["pager"] = pager.values(action: "/console/sends", pinned) {
            filter.link(page: $0, zone: user.zone, isPinned: true)
        }
        return request.page("sends", section: .sends, values)
    }

    /// Returns the names of a block's campaigns and of the filter's campaigns.
    private func names(
        in block: RowBlock,
        _ filter: SendsFilter,
        _ organisation: OrganisationID
    ) async throws -> [CampaignID: CampaignName] {
        var ids = Set(filter.campaigns)
        block.text.withUnsafeBufferPointer { text in
            var last: UnsafeBufferPointer<UInt8>?
            for row in block.rows {
                guard let id = RecordFields.campaignID(of: UnsafeBufferPointer(rebasing: text[row.record])),
                    last?.elementsEqual(id) != true
                else { continue }
                last = id
                if let id = CampaignID(utf8: id) { ids.insert(id) }
            }
        }
        return try await store.campaignNames(of: Array(ids), in: organisation)
    }

    // MARK: - The filter

    /// Returns the form of the filter.
    ///
    /// Without campaigns and problems it is cached, because it stays the same for a day.
    private func form(
        _ filter: SendsFilter,
        _ user: SignedInUser,
        names: [CampaignID: CampaignName],
        now: Timestamp
    ) -> [UInt8] {
        let zone = user.zone
        let key = [
            filter.from?.description ?? "", filter.to?.description ?? "", String(filter.rows), zone.name,
            zone.midnight(0, after: now).description, user.may(.readCampaigns) ? "named" : "",
        ]
        let isCached = filter.campaigns.isEmpty && filter.problems.isEmpty
        if isCached, let known = formCache[key] { return known }
        var values: [String: Any] = [
            "narrow": filter.hasCriteria, "zone": zone.name, "zone-offset": zone.offsetText(at: filter.from ?? now),
            "from": filter.from.map { zone.fieldText($0, isEnd: false) } ?? "",
            "to": filter.to.map { zone.fieldText($0, isEnd: true) } ?? "",
            "campaign-entered": filter.enteredCampaign, "may-see-campaigns": user.may(.readCampaigns),
            "rows-choices": SendsFilter.pageSizes
                .map { "<option\($0 == filter.rows ? " selected" : "")>\($0)</option>" }.joined(),
        ]
        values["chosen"] = filter.campaigns.map { campaign in
            var rest = filter
            rest.campaigns.removeAll { $0 == campaign }
            return [
                "id": campaign.text, "without": rest.link(zone: zone),
                "name": names[campaign].map { UntrustedText.html($0.description) } ?? "",
            ]
        }
        var spans: [UInt8] = []
        for (title, from, to) in self.spans(zone, now) {
            var span = filter
            (span.from, span.to, span.asOf) = (from, to, nil)
            spans.append("<a href=\"")
            spans.appendHTML(span.link(zone: zone))
            spans.append(span.from == filter.from && span.to == filter.to ? "\" aria-current=true>" : "\">")
            spans.append(contentsOf: title.utf8)
            spans.append("</a>\n")
        }
        values["spans"] = spans
        let html = middleware.pages.templates.render("filter", values)
        if isCached { formCache.insert(html, for: key) }
        return html
    }

    /// Returns common time ranges in the user's time zone.
    private func spans(_ zone: UserTimeZone, _ now: Timestamp) -> [(title: String, from: Timestamp?, to: Timestamp?)] {
        func before(_ moment: Timestamp) -> Timestamp? { Timestamp(milliseconds: moment.milliseconds - 1) }
        let midnight = { (days: Int) in zone.midnight(days, after: now) }
        let endOfToday = before(midnight(1))
        return [
            ("All time", nil, nil), ("Today", midnight(0), endOfToday),
            ("Yesterday", midnight(-1), before(midnight(0))), ("Last 7 days", midnight(-6), endOfToday),
            ("Last 30 days", midnight(-29), endOfToday),
            ("This month", zone.firstOfMonth(0, after: now), before(zone.firstOfMonth(1, after: now))),
            ("Last month", zone.firstOfMonth(-1, after: now), before(zone.firstOfMonth(0, after: now))),
        ]
    }

    // MARK: - Downloads

    private func export(_ request: UserRequest, _ format: SendLogExport.Format) async throws -> Response {
        let filter = SendsFilter(request.query, zone: request.user.zone)
        if !filter.problems.isEmpty { throw InvalidInput(sentences: filter.problems) }
        let export = SendLogExport(
            store: store,
            organisation: request.organisation,
            search: filter.search,
            format: format,
            destinationFormat: .count
        )
        return try await export.response(to: request.input.request)
    }
}
