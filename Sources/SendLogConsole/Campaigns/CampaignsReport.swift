import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The Campaigns Report: its table, the form that names a campaign, and the suggestions for campaign search fields.
struct CampaignsReport: Sendable {
    let store: any CampaignStore
    let middleware: ConsoleMiddleware

    private static let rows = 50

    var routes: [Route] {
        [
            middleware.get("/console/campaigns", [.readCampaigns], query: ["search", "sort", "page"]) { request in
                try await show(request)
            },
            middleware.get("/console/campaigns.json", [.readCampaigns], query: ["search"], handle: suggest),
            middleware.post("/console/campaigns/:campaign_id/name", [.updateCampaigns], handle: name),
        ]
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
        let user = request.user
        let view = try View(query ?? request.query)
        let page = try await store.campaigns(view.query(rows: Self.rows), in: request.organisation)
        let tallies = try await store.tallies(ofEach: page.campaigns.map(\.id), in: request.organisation)
        var rows: [UInt8] = []
        for campaign in page.campaigns { append(campaign, tallies[campaign.id] ?? [], user, view, to: &rows) }
        var values: [String: Any] = [
            "total": page.total.grouped, "campaigns-noun": page.total == 1 ? "campaign" : "campaigns",
            "search": view.search, "sort": view.sortText, "zone": user.zone.name,
            "may-name": user.may(.updateCampaigns),
            "columns": Self.columns.map { column in
                let isSorted = column.sort == view.sort
                return [
                    "title": column.title, "class": column.cssClass,
                    "sorted": isSorted ? "aria-sort=\(view.isDescending ? "descending" : "ascending")" : "",
                    "arrow": isSorted ? (view.isDescending ? "↓" : "↑") : "", "link": view.sorted(by: column.sort).link,
                ]
            },
        ]
        values["problem"] = problem
        values["searched"] = view.search.isEmpty ? nil : view.search
        if page.total == 0 {
            values[view.search.isEmpty ? "nothing-yet" : "not-found"] = true
            values["curl"] = CurlCommands(address: user.serverAddress).record
            values["may-record"] = user.may(.createSendLogs)
        }
        values["page-too-high"] = page.total > 0 && page.campaigns.isEmpty
        if !page.campaigns.isEmpty { values["rows"] = rows }
        let pager = Pager(page: view.page, rows: Self.rows, total: page.total)
        values["pager"] = pager.values(action: "/console/campaigns", view.parameters) { view.on(page: $0).link }
        return request.page("campaigns", section: .campaigns, isInvalid: problem != nil, values)
    }

    private func append(
        _ campaign: Campaign,
        _ tallies: [DayTally],
        _ user: SignedInUser,
        _ view: View,
        to html: inout [UInt8]
    ) {
        let id = campaign.id.text
        html.append("<tr><td class=campaign><a href=\"/console/sends?campaign=\(id)\">")
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
        Chart(tallies, over: nil).appendSparkline(to: &html)
        html.append("\n")
    }

    private func appendNameForm(of campaign: Campaign, _ user: SignedInUser, _ view: View, to html: inout [UInt8]) {
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
        return Pages.redirect(to: back)
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

    // MARK: - The view

    /// The search term, the sort order and the page of the report.
    private struct View {
        var search = ""
        var sort = CampaignQuery.Sort.last
        var isDescending = true
        var page = 1

        /// - Throws: ``InvalidInput`` that the error page shows.
        init(_ query: QueryString) throws(InvalidInput) {
            let text = (query["search"] ?? "").trimmingCharacters(in: .whitespaces).unicodeScalars
            search = String(
                String.UnicodeScalarView(text.filter { $0.properties.generalCategory != .control }.prefix(200))
            )
            let names = CampaignQuery.Sort.allCases.map(\.rawValue).joined(separator: ", ")
            let sorted = try query.value("sort", "one of \(names), with - before it for descending order") { text in
                let isDescending = text.hasPrefix("-")
                let name = String(isDescending ? text.dropFirst() : text[...])
                return CampaignQuery.Sort(rawValue: name).map { (sort: $0, isDescending: isDescending) }
            }
            if let sorted { (sort, isDescending) = sorted }
            page = try query.page()
        }

        func query(rows: Int) -> CampaignQuery {
            let text = search.isEmpty ? nil : search
            let skip = (page - 1) * rows
            return CampaignQuery(text: text, sort: sort, isDescending: isDescending, skip: skip, limit: rows)
        }

        var sortText: String { (isDescending ? "-" : "") + sort.rawValue }

        /// Returns the view sorted by a column.
        ///
        /// The same column reverses the order; a new one sorts names ascending, and all else descending.
        func sorted(by other: CampaignQuery.Sort) -> View {
            var view = self
            view.isDescending = other == sort ? !isDescending : other != .name
            view.sort = other
            view.page = 1
            return view
        }

        func on(page: Int) -> View {
            var view = self
            view.page = page
            return view
        }

        var parameters: [(name: String, value: String)] {
            (search.isEmpty ? [] : [("search", search)]) + [("sort", sortText)]
        }

        var link: String {
            let pairs = (parameters + (page > 1 ? [("page", String(page))] : [])).map { name, value in
                "\(name)=\(QueryString.encode(value))"
            }
            return "/console/campaigns?\(pairs.joined(separator: "&"))"
        }
    }
}

extension [UInt8] {
    /// Appends HTML without escaping it.
    fileprivate mutating func append(_ html: String) { append(contentsOf: html.utf8) }
}
