import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The Sends Report: what was sent, newest first.
struct SendsReport: Sendable {
    let store: any Store
    let front: ConsoleFront
    private let charts: SendsCharts
    private let forms = KeptHTML<[String]>(most: 2 << 20)

    init(store: any Store, front: ConsoleFront) {
        self.store = store
        self.front = front
        charts = SendsCharts(store: store, templates: front.pages.templates)
    }

    var routes: [Route] {
        [
            Route(.GET, "/console/sends", permission: .readSendLogs, front: front, handle: show),
            Route(.GET, "/console/sends.csv", permission: .readSendLogs, front: front) { try await export($0, .csv) },
            Route(.GET, "/console/sends.ndjson", permission: .readSendLogs, front: front) {
                try await export($0, .ndjson)
            },
        ]
    }

    @Sendable private func show(_ input: RouteInput) async throws -> Answer {
        let visitor = try await front.visitor(input)
        var filter = SendsFilter(QueryString(input.request.query), zone: visitor.zone)
        guard filter.problems.isEmpty else {
            let values: [String: Any] = [
                "filter": form(filter, visitor, names: [:], now: input.now), "problems": filter.problems,
            ]
            return page(values, visitor, input, status: .badRequest)
        }
        let organisation = try input.organisation()
        let found = try await store.search(filter.search, in: organisation)
        filter.asOf = found.asOf
        var names: [CampaignID: CampaignName]? = visitor.may(.readCampaigns) ? [:] : nil
        var rows: [UInt8] = []
        var block: RowBlock? = found.rows
        while let next = block {
            if names != nil { names?.merge(try await self.names(in: next, filter, organisation)) { $1 } }
            try SendRows(names: names, zone: visitor.zone).append(next, to: &rows)
            block = nil
            if let rest = next.rest { block = try await store.rows(rest, in: organisation) }
        }

        var values: [String: Any] = ["filter": form(filter, visitor, names: names ?? [:], now: input.now)]
        values["may-see-campaigns"] = visitor.may(.readCampaigns)
        values["total"] = found.total.grouped
        values["sends-noun"] = found.total == 1 ? "send" : "sends"
        values["empty"] = found.total == 0
        values["beyond"] = found.total > 0 && rows.isEmpty ? ["link": filter.link(zone: visitor.zone)] : nil
        if found.total == 0, !filter.isNarrow {
            values["first-run"] = ["curl": Curl(origin: visitor.origin).record, "may": visitor.may(.createSendLogs)]
        }
        values["rows"] = rows.isEmpty ? nil : rows
        values["chart"] = try await charts.html(filter, visitor.zone, in: organisation)
        let pinned = filter.parameters(zone: visitor.zone, isPinned: true)
        values["pager"] = Pager(page: filter.page, rows: filter.rows, total: found.total).values(
            action: "/console/sends",
            parameters: pinned
        ) { filter.link(page: $0, zone: visitor.zone, isPinned: true) }
        values["csv"] = filter.link("/console/sends.csv", zone: visitor.zone, isPinned: true)
        values["ndjson"] = filter.link("/console/sends.ndjson", zone: visitor.zone, isPinned: true)
        values["curl"] = Curl(origin: visitor.origin).search(filter.search)
        values["curl-export"] = Curl(origin: visitor.origin).export(filter.search)
        return page(values, visitor, input)
    }

    private func page(
        _ values: [String: Any],
        _ visitor: Visitor,
        _ input: RouteInput,
        status: HTTPResponseStatus = .ok
    ) -> Answer {
        front.pages.answer(
            "sends",
            title: "Sends",
            to: input.request,
            visitor: visitor,
            section: .sends,
            status: status,
            values
        )
    }

    /// The names of a block's campaigns, and of those in the filter.
    private func names(
        in block: RowBlock,
        _ filter: SendsFilter,
        _ organisation: OrganisationID
    ) async throws -> [CampaignID: CampaignName] {
        var ids = Set(filter.campaigns)
        block.text.withUnsafeBufferPointer { text in
            var last: UnsafeBufferPointer<UInt8>?
            for row in block.rows {
                guard let id = RecordFields.campaignID(of: UnsafeBufferPointer(rebasing: text[row.record])) else {
                    continue
                }
                if let last, last.elementsEqual(id) { continue }
                last = id
                if let id = CampaignID(utf8: id) { ids.insert(id) }
            }
        }
        return try await store.campaignNames(of: Array(ids), in: organisation)
    }

    // MARK: - The filter

    /// The form by which to filter, which stays the same for a day where no campaigns are chosen.
    private func form(
        _ filter: SendsFilter,
        _ visitor: Visitor,
        names: [CampaignID: CampaignName],
        now: Timestamp
    ) -> [UInt8] {
        let zone = visitor.zone
        let key = [
            filter.from?.description ?? "", filter.to?.description ?? "", String(filter.rows), zone.name,
            zone.midnight(0, after: now).description, visitor.may(.readCampaigns) ? "named" : "",
        ]
        let isKept = filter.campaigns.isEmpty && filter.problems.isEmpty
        if isKept, let known = forms[key] { return known }
        var values: [String: Any] = [
            "narrow": filter.isNarrow, "zone": zone.name, "zone-offset": zone.offsetText(at: filter.from ?? now),
            "from": filter.from.map { zone.fieldText(from: $0) } ?? "",
            "to": filter.to.map { zone.fieldText(to: $0) } ?? "",
            "campaign-entered": filter.enteredCampaign,
            "may-see-campaigns": visitor.may(.readCampaigns),
            "rows-choices": SendsFilter.choicesOfRows
                .map { "<option\($0 == filter.rows ? " selected" : "")>\($0)</option>" }.joined(),
        ]
        values["chosen"] = filter.campaigns.map { campaign in
            var rest = filter
            rest.campaigns.removeAll { $0 == campaign }
            return [
                "id": campaign.text, "without": rest.link(zone: zone),
                "name": names[campaign].map { StoredText.html($0.description) } ?? "",
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
        let html = front.pages.templates.render("filter", values)
        if isKept { forms.keep(html, for: key) }
        return html
    }

    /// Stretches of time that people often ask for, on the clocks of their zone.
    private func spans(
        _ zone: ViewerZone,
        _ now: Timestamp
    ) -> [(title: String, from: Timestamp?, to: Timestamp?)] {
        func before(_ moment: Timestamp) -> Timestamp? { Timestamp(milliseconds: moment.milliseconds - 1) }
        let midnight = { (days: Int64) in zone.midnight(days, after: now) }
        let tonight = before(midnight(1))
        return [
            ("All time", nil, nil), ("Today", midnight(0), tonight),
            ("Yesterday", midnight(-1), before(midnight(0))), ("Last 7 days", midnight(-6), tonight),
            ("Last 30 days", midnight(-29), tonight),
            ("This month", zone.firstOfMonth(0, after: now), before(zone.firstOfMonth(1, after: now))),
            ("Last month", zone.firstOfMonth(-1, after: now), before(zone.firstOfMonth(0, after: now))),
        ]
    }

    // MARK: - Files

    private func export(_ input: RouteInput, _ format: SendLogExport.Format) async throws -> Answer {
        let filter = SendsFilter(QueryString(input.request.query), zone: ViewerZone(input.request))
        if let problem = filter.problems.first { throw APIError.invalidRequest(InvalidInput(path: "", problem)) }
        let export = SendLogExport(
            store: store,
            organisation: try input.organisation(),
            search: filter.search,
            format: format,
            form: .count
        )
        return try await export.answer(to: input.request)
    }
}
