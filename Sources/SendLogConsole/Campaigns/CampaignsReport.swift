import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The Campaigns Report: which campaigns there are, what their counters tell, and what they are called.
struct CampaignsReport: Sendable {
    let store: any Store
    let front: ConsoleFront

    private static let rows = 50

    var routes: [Route] {
        [
            Route(.GET, "/console/campaigns", permission: .readCampaigns, front: front) { try await show($0) },
            Route(.GET, "/console/campaigns.json", permission: .readCampaigns, front: front, handle: suggest),
            Route(
                .POST,
                "/console/campaigns/:campaign_id/name",
                permission: .updateCampaigns,
                front: front,
                longestBody: SignIn.longestForm,
                handle: name
            ),
        ]
    }

    /// A column of the table by which it can be sorted.
    private struct Column {
        let title: String
        let sort: CampaignQuery.Sort
        let isCount: Bool
    }

    private static let columns = [
        Column(title: "Campaign", sort: .name, isCount: false), Column(title: "Sends", sort: .sends, isCount: true),
        Column(title: "Destinations", sort: .destinations, isCount: true),
        Column(title: "First send", sort: .first, isCount: false),
        Column(title: "Last send", sort: .last, isCount: false),
    ]

    private func show(
        _ input: RouteInput,
        problem: String? = nil,
        query: QueryString? = nil
    ) async throws -> Answer {
        let visitor = try await front.visitor(input)
        let organisation = try input.organisation()
        let parameters = query ?? QueryString(input.request.query)
        let view = View(parameters)
        let page = try await store.campaigns(view.query(rows: Self.rows), in: organisation)
        let tallies = try await store.tallies(ofEach: page.campaigns.map(\.id), in: organisation)
        var rows: [UInt8] = []
        for campaign in page.campaigns {
            append(campaign, tallies[campaign.id] ?? [], visitor, view, to: &rows)
        }
        var values: [String: Any] = [
            "total": page.total.grouped, "campaigns-noun": page.total == 1 ? "campaign" : "campaigns",
            "search": view.search, "sort": view.sortText, "zone": visitor.zone.name,
            "may-name": visitor.may(.updateCampaigns),
            "columns": Self.columns.map { column in
                let isSorted = column.sort == view.sort
                return [
                    "title": column.title, "class": column.isCount ? "count" : "",
                    "sorted": isSorted ? "aria-sort=\(view.isDescending ? "descending" : "ascending")" : "",
                    "arrow": isSorted ? (view.isDescending ? "↓" : "↑") : "",
                    "link": view.sorted(by: column.sort).link,
                ]
            },
        ]
        values["problem"] = problem
        if page.total == 0 {
            values[view.search.isEmpty ? "nothing-yet" : "not-found"] = true
            values["curl"] = Curl(origin: visitor.origin).record
            values["may-record"] = visitor.may(.createSendLogs)
        }
        values["beyond"] = page.total > 0 && page.campaigns.isEmpty
        if !page.campaigns.isEmpty { values["rows"] = rows }
        values["pager"] = Pager(page: view.page, rows: Self.rows, total: page.total).values(
            action: "/console/campaigns",
            parameters: view.parameters
        ) { view.on(page: $0).link }
        return front.pages.answer(
            "campaigns",
            title: "Campaigns",
            to: input.request,
            visitor: visitor,
            section: .campaigns,
            status: problem == nil ? .ok : .badRequest,
            values
        )
    }

    private func append(
        _ campaign: Campaign,
        _ tallies: [DayTally],
        _ visitor: Visitor,
        _ view: View,
        to html: inout [UInt8]
    ) {
        let id = campaign.id.text
        html.append("<tr><td class=campaign><a class=name href=\"/console/sends?campaign=\(id)\"><bdi>")
        html.append(campaign.name.map { StoredText.html($0.description) } ?? "unnamed")
        html.append("</bdi></a> ")
        var text = id
        text.withUTF8 { SendRows.appendID($0, of: "campaign", to: &html) }
        if visitor.may(.updateCampaigns) { appendNaming(of: campaign, visitor, view, to: &html) }
        html.append("<td class=count data-label=\"Sends\">\(campaign.sends.grouped)")
        html.append("<td class=count data-label=\"Destinations\">\(campaign.destinations.grouped)")
        for (label, moment) in [("First send", campaign.first), ("Last send", campaign.last)] {
            html.append("<td class=when data-label=\"\(label)\"><time datetime=\"\(moment)\">")
            html.append("\(visitor.zone.text(moment))</time>")
        }
        html.append("<td class=spark-cell>")
        Chart(tallies, over: nil).appendSmall(to: &html)
        html.append("\n")
    }

    private func appendNaming(
        of campaign: Campaign,
        _ visitor: Visitor,
        _ view: View,
        to html: inout [UInt8]
    ) {
        let id = campaign.id.text
        html.append("<details class=naming><summary>\(campaign.name == nil ? "Name it" : "Rename")</summary>")
        html.append("<form method=post action=\"/console/campaigns/\(id)/name\">")
        html.append("<input type=hidden name=form-token value=\"\(visitor.formToken)\">")
        html.append("<input type=hidden name=back value=\"")
        html.appendHTML(view.link)
        html.append("\"><label>Name of \(id)<input name=name required maxlength=\(CampaignName.longest) value=\"")
        html.appendHTML(campaign.name?.description ?? "")
        html.append("\"></label><button>Save</button></form></details>")
    }

    @Sendable private func name(_ input: RouteInput) async throws -> Answer {
        let visitor = try await front.visitor(input)
        let form = try await Form(input, of: visitor)
        guard let id = CampaignID(input.parameter) else { throw APIError.noCampaign("of that id") }
        // Where it came from, whatever the form says, is this report.
        let back = form["back"].hasPrefix("/console/campaigns?") ? form["back"] : "/console/campaigns"
        let text = form["name"].trimmingCharacters(in: .whitespacesAndNewlines)
        guard let name = CampaignName(text) else {
            let problem = "The name of \(id) was not changed: a name \(CampaignName.rule)."
            guard visitor.may(.readCampaigns) else {
                throw APIError.invalidRequest(InvalidInput(path: "name", CampaignName.rule))
            }
            let query = back.split(separator: "?", maxSplits: 1).dropFirst().first
            return try await show(input, problem: problem, query: QueryString(query))
        }
        let organisation = try input.organisation()
        do throws(StoreError) { _ = try await store.nameCampaign(id, name, in: organisation) } catch {
            throw APIError.noCampaign(id.text).ifNotFound(error)
        }
        return Pages.redirect(to: Self.isPlain(back) ? back : "/console/campaigns")
    }

    private static func isPlain(_ path: String) -> Bool { path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }

    /// The campaigns that somebody may mean while they type.
    @Sendable private func suggest(_ input: RouteInput) async throws -> Answer {
        let text = QueryString(input.request.query)["search"]?.trimmingCharacters(in: .whitespaces) ?? ""
        let query = CampaignQuery(text: text.isEmpty ? nil : text, limit: 20)
        let page = try await store.campaigns(query, in: input.organisation())
        var bytes: [UInt8] = []
        bytes.append("[")
        for (place, campaign) in page.campaigns.enumerated() {
            if place > 0 { bytes.append(",") }
            campaign.write(to: &bytes)
        }
        bytes.append("]")
        var answer = Answer(body: bytes)
        answer.fields = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        return answer
    }

    // MARK: - What is looked at

    /// Which campaigns are looked at, in which order, and which page of them.
    private struct View {
        var search = ""
        var sort = CampaignQuery.Sort.last
        var isDescending = true
        var page = 1

        init(_ query: QueryString) {
            let text = (query["search"] ?? "").trimmingCharacters(in: .whitespaces).unicodeScalars
            search = String(
                String.UnicodeScalarView(text.filter { $0.properties.generalCategory != .control }.prefix(200))
            )
            if let text = query["sort"], !text.isEmpty {
                isDescending = text.hasPrefix("-")
                sort = CampaignQuery.Sort(rawValue: String(isDescending ? text.dropFirst() : text[...])) ?? .last
            }
            page = min(max(query["page"].flatMap { Int($0) } ?? 1, 1), 1 << 40)
        }

        func query(rows: Int) -> CampaignQuery {
            CampaignQuery(
                text: search.isEmpty ? nil : search,
                sort: sort,
                isDescending: isDescending,
                skip: (page - 1) * rows,
                limit: rows
            )
        }

        var sortText: String { (isDescending ? "-" : "") + sort.rawValue }

        /// Sorted by a column: the other way round where it is that one already; names from A, all else from the greatest.
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
    /// Appends HTML that is ready.
    fileprivate mutating func append(_ html: String) { append(contentsOf: html.utf8) }
}
