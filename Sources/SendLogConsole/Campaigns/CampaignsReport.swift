import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The Campaigns Report: its table, the form that names a campaign, and the suggestions for campaign search fields.
struct CampaignsReport: Sendable {
    let store: any CampaignStore & OrganisationStore
    let export: CampaignExport
    let middleware: ConsoleMiddleware

    private static let rows = 50

    var routes: [Route] {
        [
            middleware.get("/console/campaigns", [.readCampaigns], query: CampaignsView.parameters) { request in
                try await show(request)
            },
            download(.csv), download(.ndjson),
            middleware.get("/console/campaigns.json", [.readCampaigns], query: ["search"], handle: suggest),
            middleware.post("/console/campaigns/:campaign_id/name", [.updateCampaigns], handle: name),
        ]
    }

    private func download(_ format: SendLogExport.Format) -> Route {
        let (ending, query) = (format.rawValue, CampaignsView.fileParameters)
        return middleware.get("/console/campaigns.\(ending)", [.readCampaigns], query: query) { request in
            let view = try CampaignsView(request.query, zone: request.user.zone)
            if !view.problems.isEmpty { throw InvalidInput(sentences: view.problems) }
            return try await export.response(view.query(rows: 0), format, in: request.organisation)
        }
    }

    /// The columns by which the table can be sorted.
    private static let columns: [(title: String, sort: CampaignQuery.Sort, cssClass: String)] = [
        ("Campaign", .name, ""), ("Sends", .sends, "count"), ("Destinations", .destinations, "count"),
        ("First send", .first, ""), ("Last send", .last, ""),
    ]

    private func show(
        _ request: UserRequest,
        problem: String? = nil,
        query: QueryString? = nil
    ) async throws -> Response {
        let (user, organisation) = (request.user, request.organisation)
        let view = try CampaignsView(query ?? request.query, zone: user.zone)
        // The address has times in UTC: a local time may stand for two moments, and the user may change the time zone.
        if query == nil, view.problems.isEmpty, view.isLocal { return Pages.redirect(to: view.link) }
        var values = form(view, request)
        let problems = view.problems + (problem.map { [$0] } ?? [])
        values["problems"] = problems
        guard view.problems.isEmpty else {
            return request.page("campaigns", section: .campaigns, isInvalid: true, values)
        }
        var search = view.query(rows: Self.rows)
        search.isSummed = view.isFiltered
        let page = try await store.campaigns(search, in: organisation)
        let tallies = try await store.tallies(
            ofEach: page.campaigns.map(\.id),
            over: (view.from ?? .earliest).day...(view.to ?? .latest).day,
            in: organisation
        )
        var rows: [UInt8] = []
        for campaign in page.campaigns { append(campaign, tallies[campaign.id] ?? [], user, view, to: &rows) }
        let campaigns = page.total.counted("campaign")
        values["total"] = "\(campaigns): \(try await sums(page.totals, in: organisation))"
        values["columns"] = Self.columns.map { column in
            let isSorted = column.sort == view.sort
            return [
                "title": column.title, "class": column.cssClass,
                "sorted": isSorted ? "aria-sort=\(view.isDescending ? "descending" : "ascending")" : "",
                "arrow": isSorted ? (view.isDescending ? "↓" : "↑") : "", "link": view.sorted(by: column.sort).link,
            ]
        }
        if page.total == 0 {
            values[view.isFiltered ? "not-found" : "nothing-yet"] = true
            values["curl"] = CurlCommands(address: user.serverAddress).record
            values["may-record"] = user.may(.createSendLogs)
        }
        if page.total > 0, page.campaigns.isEmpty { values["page-too-high"] = ["link": view.on(page: 1).link] }
        if !page.campaigns.isEmpty { values["rows"] = rows }
        if page.total > 0 { values["files"] = ["csv": view.link(to: .csv), "ndjson": view.link(to: .ndjson)] }
        let pager = Pager(page: view.page, rows: Self.rows, total: page.total)
        values["pager"] = pager.values(action: "/console/campaigns", view.parameters) { view.on(page: $0).link }
        return request.page("campaigns", section: .campaigns, isInvalid: !problems.isEmpty, values)
    }

    /// Returns the values of the form: times are local, with their moments in hidden fields.
    private func form(_ view: CampaignsView, _ request: UserRequest) -> [String: Any] {
        let (user, zone, now) = (request.user, request.user.zone, request.input.now)
        var values: [String: Any] = [
            "search": view.search, "sort": view.sortText, "zone": zone.name, "notes": view.noteValues,
            "may-name": user.may(.updateCampaigns),
            "from": view.from.map { zone.fieldText($0, isEnd: false) } ?? "",
            "to": view.to.map { zone.fieldText($0, isEnd: true) } ?? "",
        ]
        let dates = zone.words(from: view.from, to: view.to)
        values["filtered"] = [view.search.isEmpty ? nil : "name or ID", view.period == nil ? nil : dates]
            .compactMap(\.self).joined(separator: ", ")
        // A phone shows the fields if one of them is to be corrected.
        values["filters-open"] = view.problems.isEmpty ? "" : "open"
        values["dates"] = dates
        values["shown-from"] = view.from?.description
        values["shown-to"] = view.to?.description
        values["spans"] = TimeSpan.links(in: zone, at: now, current: (view.from, view.to)) {
            view.narrowed(to: $0).link
        }
        return values
    }

    /// Returns the sends and destinations of all campaigns that a search finds, as text.
    ///
    /// Without a search and a range, they are those of the organisation, which are known without counting.
    private func sums(_ totals: CampaignTotals, in organisation: OrganisationID) async throws(StoreError) -> String {
        var sums = totals.sums
        if sums == nil {
            let organisation = try await store.organisation(organisation)
            sums = SendTotals(sends: organisation.sends, destinations: organisation.destinations)
        }
        return "\((sums?.sends ?? 0).counted("send")) to \((sums?.destinations ?? 0).counted("destination"))"
    }

    private func append(
        _ campaign: Campaign,
        _ tallies: [DayTally],
        _ user: SignedInUser,
        _ view: CampaignsView,
        to html: inout [UInt8]
    ) {
        let id = campaign.id.text
        html.append("<tr><td class=campaign><a href=\"")
        html.appendHTML(view.sends(of: campaign.id))
        html.append("\">")
        let name = campaign.name.map { "<bdi class=name>\(UntrustedText.html($0.description))</bdi>" }
        html.append(name ?? "<span class=name>unnamed</span>")
        html.append("</a> ")
        var text = id
        text.withUTF8 { html.appendID($0, of: "campaign ID") }
        if user.may(.updateCampaigns) { appendNameForm(of: campaign, user, view, to: &html) }
        html.append("<td class=count data-label=\"Sends\">\(campaign.sends.grouped)")
        html.append("<td class=count data-label=\"Destinations\">\(campaign.destinations.grouped)")
        for (label, moment) in [("First send", campaign.first), ("Last send", campaign.last)] {
            let text = user.zone.text(moment)
            html.append("<td class=when data-label=\"\(label)\"><time datetime=\"\(moment)\">\(text)</time>")
        }
        html.append("<td class=spark-cell>")
        Chart(tallies, over: view.days).appendSparkline(to: &html)
        html.append("\n")
    }

    private func appendNameForm(
        of campaign: Campaign,
        _ user: SignedInUser,
        _ view: CampaignsView,
        to html: inout [UInt8]
    ) {
        let id = campaign.id.text
        html.append("<details class=naming><summary>\(campaign.name == nil ? "Set a name" : "Rename")</summary>")
        html.append("<form method=post action=\"/console/campaigns/\(id)/name\">")
        html.append("<input type=hidden name=form-token value=\"\(user.csrfToken)\">")
        html.append("<input type=hidden name=back value=\"")
        html.appendHTML(view.link)
        html.append("\"><label>Name of \(id)<input name=name required maxlength=\(CampaignName.maxLength) value=\"")
        html.appendHTML(campaign.name?.description ?? "")
        html.append("\"></label><button>Save</button></form></details>")
    }

    @Sendable private func name(_ request: UserRequest, _ form: Form) async throws -> Response {
        guard let id = CampaignID(request.input.parameter) else { throw APIError.noCampaign() }
        // Redirects to this report only: the form may contain any path.
        let isOwn = form["back"].hasPrefix("/console/campaigns?") && form["back"].utf8.allSatisfy(\.isVisibleASCII)
        let back = isOwn ? form["back"] : "/console/campaigns"
        let text = form["name"].trimmingCharacters(in: .whitespacesAndNewlines)
        guard let name = CampaignName(text) else {
            let problem = "The name of \(id) was not changed: a name \(CampaignName.rule)."
            guard request.user.may(.readCampaigns) else {
                throw APIError.invalidRequest(InvalidInput(path: "name", CampaignName.rule))
            }
            let query = back.split(separator: "?", maxSplits: 1).dropFirst().first
            return try await show(request, problem: problem, query: QueryString(query))
        }
        do throws(StoreError) { _ = try await store.nameCampaign(id, name, in: request.organisation) } catch {
            throw APIError.noCampaign(id.text).ifNotFound(error)
        }
        var response = Pages.redirect(to: back)
        response.event = .campaignNamed(id)
        return response
    }

    /// Returns suggestions of campaigns for a search field.
    @Sendable private func suggest(_ request: UserRequest) async throws -> Response {
        let text = request.query["search"]?.trimmingCharacters(in: .whitespaces) ?? ""
        let query = CampaignQuery(text: text.isEmpty ? nil : text, limit: 20)
        let page = try await store.campaigns(query, in: request.organisation)
        var bytes: [UInt8] = []
        page.campaigns.writeJSON(to: &bytes)
        var response = Response(body: bytes)
        response.fields = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        return response
    }
}

extension [UInt8] {
    /// Appends HTML without escaping it.
    fileprivate mutating func append(_ html: String) { append(contentsOf: html.utf8) }
}
