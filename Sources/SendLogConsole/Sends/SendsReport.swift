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
    private let totals: SendsTotals
    private let formCache = HTMLCache<[String]>(maxBytes: 2 << 20)

    init(
        store: any LogReader & CampaignStore & OrganisationStore,
        links: RecipientLinks,
        middleware: ConsoleMiddleware
    ) {
        (self.store, self.links, self.middleware) = (store, links, middleware)
        charts = SendsCharts(store: store, templates: middleware.pages.templates)
        totals = SendsTotals(store: store)
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
        let (entered, entry) = try await self.filter(request.query, request)
        if let response = try await response(to: entry, entered, request) { return response }
        var filter = entered
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
        var unknown: String?
        if found.total == 0 {
            let (response, text) = try await lookUpCampaigns(filter, recipient, request)
            if let response { return response }
            unknown = text
        }
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
            "csv": filter.link("/console/sends.csv", isPinned: true),
            "ndjson": filter.link("/console/sends.ndjson", isPinned: true),
            "curl": curl.search(search), "curl-export": curl.export(search),
        ]
        if found.total > 0, table.rows.isEmpty { values["page-too-high"] = ["link": filter.link()] }
        if found.total == 0, !filter.hasCriteria {
            values["first-run"] = ["curl": curl.record, "may": user.may(.createSendLogs)]
        }
        values["unknown"] = unknown
        values["rows"] = table.rows.isEmpty ? nil : table.rows
        if let recipient { values["recipient"] = recipient.values(for: user) }
        if filter.campaigns.count == 1, recipient == nil, let campaign = filter.campaigns.first {
            let links = (filter.link(), filter.compareLink(campaign))
            values["compare"] = ["sends": links.0, "link": links.1]
        }
        values["destinations"] = try await totals.text(filter, search, total: found.total, in: organisation)
        values["totals"] = TotalsDownloads.values(filter)
        values["chart"] = try await charts.html(filter, search, total: found.total, user.zone, in: organisation)
        let pinned = filter.parameters(isPinned: true)
        let pager = Pager(page: filter.page, rows: filter.rows, total: found.total)
        values["pager"] = pager.values(action: "/console/sends", pinned) {
            filter.link(page: $0, isPinned: true)
        }
        return request.page("sends", section: .sends, values)
    }

    /// Returns the page with problems in place of sends.
    func refuse(
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
        let zone = request.user.zone
        let query = form.query(["campaign", "from", "to", "rows", "shown_from", "shown_to"])
        var (filter, entry) = try await self.filter(query.withShownMoments(of: ["from", "to"], in: zone), request)
        var problems = filter.problems
        let entered = form["recipient"].trimmingCharacters(in: .whitespacesAndNewlines)
        if !entered.isEmpty, let fault = RecipientKey.fault(of: entered) {
            problems.append("The recipient \(fault).")
        }
        let campaigns = request.user.may(.readCampaigns) ? [entry?.unknown].compactMap(\.self) : form.all("campaign")
        if let number = try await telephoneNumber(in: campaigns, request) {
            filter.refuse(number: number)
            problems = filter.problems
        }
        guard problems.isEmpty else { return refuse(problems, filter, request, entered: entered) }
        if !entered.isEmpty { filter.recipient = try await links.token(for: entered, request) }
        if let choice = entry?.choice {
            // The choice has an address of its own, to which browsers can go back.
            if let address = filter.address(of: choice) { return Pages.redirect(to: address) }
            return try await choose(choice, filter, request, entered: entered)
        }
        return Pages.redirect(to: filter.pathAfterSubmission)
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
    func form(
        _ filter: SendsFilter,
        _ request: UserRequest,
        names: [CampaignID: CampaignName],
        entered recipient: String
    ) -> [UInt8] {
        let (user, zone, now) = (request.user, request.user.zone, request.input.now)
        let key = [
            filter.from?.description ?? "", filter.to?.description ?? "", String(filter.rows), zone.name,
            zone.midnight(0, after: now).description, zone.offsetText(at: now) ?? "",
            user.may(.readCampaigns) ? "named" : "",
            user.csrfToken,
        ]
        let notes = filter.notes(zone: zone)
        let isCached =
            filter.campaigns.isEmpty && filter.enteredCampaign.isEmpty && recipient.isEmpty
            && filter.problems.isEmpty && notes == (nil, nil)
        if isCached, let known = formCache[key] { return known }
        var values: [String: Any] = [
            "narrow": filter.hasCriteria, "zone": zone.name,
            "filter-summary": filter.summary(in: zone), "filter-words": filter.words(in: zone),
            // A phone shows the fields if one of them is to be corrected.
            "filters-open": filter.problems.isEmpty && (recipient.isEmpty || filter.recipient != nil) ? "" : "open",
            "from": filter.from.map { zone.fieldText($0, isEnd: false) } ?? "",
            "to": filter.to.map { zone.fieldText($0, isEnd: true) } ?? "",
            "campaign-entered": filter.enteredCampaign, "recipient-entered": recipient,
            "form-token": user.csrfToken, "may-see-campaigns": user.may(.readCampaigns),
            "rows-choices": SendsFilter.pageSizes
                .map { "<option\($0 == filter.rows ? " selected" : "")>\($0)</option>" }.joined(),
        ]
        values["zone-offset"] = zone.offsetText(from: filter.from ?? now, to: filter.to ?? filter.from ?? now)
        values["shown-from"] = filter.from?.description
        values["shown-to"] = filter.to?.description
        values["from-note"] = notes.from.map { filter.values(of: $0, changing: \.from) }
        values["to-note"] = notes.to.map { filter.values(of: $0, changing: \.to) }
        values["chosen"] = filter.campaigns.map { campaign in
            var rest = filter
            rest.campaigns.removeAll { $0 == campaign }
            return [
                "id": campaign.text, "without": rest.link(),
                "name": names[campaign].map { UntrustedText.html($0.description) } ?? "",
            ]
        }
        if filter.recipient != nil {
            var rest = filter
            rest.recipient = nil
            values["chosen-recipient"] = ["without": rest.link(), "text": UntrustedText.html(recipient)]
        }
        values["spans"] = TimeSpan.links(in: zone, at: now, current: (filter.from, filter.to)) { span in
            filter.narrowed(span.from, span.to).link()
        }
        let html = middleware.pages.templates.render("filter", values)
        if isCached { formCache.insert(html, for: key) }
        return html
    }

    // MARK: - Downloads

    private func export(_ request: UserRequest, _ format: SendLogExport.Format) async throws -> Response {
        let (_, search) = try await CampaignLookup(store: store).search(ofFile: request, links)
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
