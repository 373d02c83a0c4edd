import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogRecipients

/// The Sends Report: the recorded sends, newest first.
struct SendsReport: Sendable {
    let store: any LogReader & CampaignStore & OrganisationStore
    let links: RecipientLinks
    let middleware: ConsoleMiddleware
    private let charts: SendsCharts
    private let formCache = HTMLCache<[String]>(maxBytes: 2 << 20)

    init(
        store: any LogReader & CampaignStore & OrganisationStore,
        links: RecipientLinks,
        middleware: ConsoleMiddleware
    ) {
        (self.store, self.links, self.middleware) = (store, links, middleware)
        charts = SendsCharts(store: store, templates: middleware.pages.templates)
    }

    var routes: [Route] {
        [
            // The filter checks the query, so that the page can show its problems above the form.
            middleware.get("/console/sends", [.readSendLogs], query: nil, handle: show),
            // The form is posted, because it may have a number, which must not be in a URL.
            middleware.post("/console/sends", [.readSendLogs], handle: submit),
            middleware.get("/console/sends.csv", [.readSendLogs], query: nil) { try await export($0, .csv) },
            middleware.get("/console/sends.ndjson", [.readSendLogs], query: nil) { try await export($0, .ndjson) },
        ]
    }

    @Sendable private func show(_ request: UserRequest) async throws -> Response {
        let (user, organisation) = (request.user, request.organisation)
        var filter = SendsFilter(request.query, zone: user.zone)
        var (search, recipient): (SendLogSearch, RecipientLinks.Recipient?) = (filter.search, nil)
        do {
            if let token = filter.recipient { recipient = try await links.recipient(token, request) }
            guard filter.problems.isEmpty else {
                return refuse(filter.problems, filter, request, entered: recipient?.text ?? "")
            }
            if var known = recipient {
                try await links.limit(&search, to: &known, in: organisation)
                recipient = known
            }
        } catch  where error is APIError || error is RecipientIndexBehind {
            let failure = APIError(error)
            if recipient == nil { filter.recipient = nil }
            return refuse([failure.sentence], filter, request, failure, entered: recipient?.text ?? "")
        }
        let found = try await store.search(search, in: organisation)
        (filter.asOf, search.asOf) = (found.asOf, found.asOf)
        let table = try await SendsTable(
            found,
            naming: filter.campaigns,
            to: recipient,
            from: store,
            for: request
        )

        let curl = CurlCommands(address: user.serverAddress)
        var values: [String: Any] = [
            "filter": form(filter, request, names: table.names ?? [:], entered: recipient?.text ?? ""),
            "may-see-campaigns": user.may(.readCampaigns), "total": found.total.grouped,
            "sends-noun": found.total == 1 ? "send" : "sends", "empty": found.total == 0,
            "csv": filter.link("/console/sends.csv", zone: user.zone, isPinned: true),
            "ndjson": filter.link("/console/sends.ndjson", zone: user.zone, isPinned: true),
            "curl": curl.search(search), "curl-export": curl.export(search),
        ]
        if found.total > 0, table.rows.isEmpty { values["page-too-high"] = ["link": filter.link(zone: user.zone)] }
        if found.total == 0, !filter.hasCriteria {
            values["first-run"] = ["curl": curl.record, "may": user.may(.createSendLogs)]
        }
        values["rows"] = table.rows.isEmpty ? nil : table.rows
        if let recipient { values["recipient"] = recipient.values(for: user) }
        if filter.campaigns.count == 1, recipient == nil, let campaign = filter.campaigns.first {
            let links = (filter.link(zone: user.zone), filter.compareLink(campaign, zone: user.zone))
            values["compare"] = ["sends": links.0, "link": links.1]
        }
        values["chart"] = try await charts.html(filter, search, total: found.total, user.zone, in: organisation)
        let pinned = filter.parameters(zone: user.zone, isPinned: true)
        let pager = Pager(page: filter.page, rows: filter.rows, total: found.total)
        values["pager"] = pager.values(action: "/console/sends", pinned) {
            filter.link(page: $0, zone: user.zone, isPinned: true)
        }
        return request.page("sends", section: .sends, values)
    }

    /// Returns the page with problems in place of sends.
    private func refuse(
        _ problems: [String],
        _ filter: SendsFilter,
        _ request: UserRequest,
        _ failure: APIError? = nil,
        entered recipient: String = ""
    ) -> Response {
        let values: [String: Any] = [
            "filter": form(filter, request, names: [:], entered: recipient), "problems": problems,
        ]
        let status = failure?.status ?? .badRequest
        var response = request.page("sends", section: .sends, status: status, values)
        if let seconds = failure?.retryAfter { response.fields.append(("Retry-After", String(seconds))) }
        return response
    }

    /// Redirects to the report with the filter of the form, where a token stands for the recipient.
    @Sendable private func submit(_ request: UserRequest, _ form: Form) async throws -> Response {
        var filter = SendsFilter(form.query(["campaign", "from", "to", "rows"]), zone: request.user.zone)
        var problems = filter.problems
        let entered = form["recipient"].trimmingCharacters(in: .whitespacesAndNewlines)
        if !entered.isEmpty, let fault = RecipientKey.fault(of: entered) {
            problems.append("The recipient \(fault).")
        }
        if let number = try await telephoneNumber(in: form.all("campaign"), request) {
            filter.refuse(number: number)
            problems = filter.problems
        }
        guard problems.isEmpty else { return refuse(problems, filter, request, entered: entered) }
        if !entered.isEmpty { filter.recipient = try await links.token(for: entered, request) }
        return Pages.redirect(to: filter.link(zone: request.user.zone))
    }

    /// Returns a telephone number that was entered for a campaign, and that is no campaign: no URL may have it.
    private func telephoneNumber(in campaigns: [String], _ request: UserRequest) async throws(StoreError) -> String? {
        for text in campaigns {
            let ids = SendsFilter.ids(of: text)
            // Spaces separate the IDs of campaigns, and the digits of a number.
            for id in RecipientKey.isTelephoneNumber(text) ? ids : ids.filter(RecipientKey.isTelephoneNumber) {
                guard let campaign = CampaignID(id) else { return text }
                do throws(StoreError) { _ = try await store.campaign(campaign, in: request.organisation) } catch {
                    if error == .notFound { return text }
                    throw error
                }
            }
        }
        return nil
    }

    // MARK: - The filter

    /// Returns the form of the filter, with the text that was entered for a recipient.
    ///
    /// Without campaigns, recipient and problems it is cached, because it stays the same for a session and a day.
    private func form(
        _ filter: SendsFilter,
        _ request: UserRequest,
        names: [CampaignID: CampaignName],
        entered recipient: String
    ) -> [UInt8] {
        let (user, zone, now) = (request.user, request.user.zone, request.input.now)
        let key = [
            filter.from?.description ?? "", filter.to?.description ?? "", String(filter.rows), zone.name,
            zone.midnight(0, after: now).description, user.may(.readCampaigns) ? "named" : "",
            user.csrfToken,
        ]
        let isCached = filter.campaigns.isEmpty && recipient.isEmpty && filter.problems.isEmpty
        if isCached, let known = formCache[key] { return known }
        var values: [String: Any] = [
            "narrow": filter.hasCriteria, "zone": zone.name,
            "filter-summary": filter.summary, "filter-words": filter.words(in: zone),
            // A phone shows the fields if one of them is to be corrected.
            "filters-open": filter.problems.isEmpty && (recipient.isEmpty || filter.recipient != nil) ? "" : "open",
            "from": filter.from.map { zone.fieldText($0, isEnd: false) } ?? "",
            "to": filter.to.map { zone.fieldText($0, isEnd: true) } ?? "",
            "campaign-entered": filter.enteredCampaign, "recipient-entered": recipient,
            "form-token": user.csrfToken, "may-see-campaigns": user.may(.readCampaigns),
            "rows-choices": SendsFilter.pageSizes
                .map { "<option\($0 == filter.rows ? " selected" : "")>\($0)</option>" }.joined(),
        ]
        values["zone-offset"] = zone.offsetText(at: filter.from ?? now)
        values["chosen"] = filter.campaigns.map { campaign in
            var rest = filter
            rest.campaigns.removeAll { $0 == campaign }
            return [
                "id": campaign.text, "without": rest.link(zone: zone),
                "name": names[campaign].map { UntrustedText.html($0.description) } ?? "",
            ]
        }
        if filter.recipient != nil {
            var rest = filter
            rest.recipient = nil
            values["chosen-recipient"] = ["without": rest.link(zone: zone), "text": UntrustedText.html(recipient)]
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
        var search = filter.search
        if let token = filter.recipient {
            var recipient = try await links.recipient(token, request)
            try await links.limit(&search, to: &recipient, in: request.organisation)
        }
        let export = SendLogExport(
            store: store,
            organisation: request.organisation,
            search: search,
            format: format,
            destinationFormat: .count
        )
        return try await export.response(to: request.input.request)
    }
}
