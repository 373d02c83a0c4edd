import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The page of a recipient: the number of sends, when, of which campaigns, the sends themselves, and files.
struct RecipientPage: Sendable {
    let store: any LogReader & CampaignStore
    let links: RecipientLinks
    let middleware: ConsoleMiddleware

    /// The path pattern of the page.
    private static let path = "/console/recipients/:token"
    private static let rowsPerPage = 50

    var routes: [Route] {
        [
            middleware.get(Self.path, [.readSendLogs], query: ["page", "as_of"], handle: show),
            middleware.get("\(Self.path)/print", [.readSendLogs], handle: print),
            middleware.get("\(Self.path)/sends.csv", [.readSendLogs]) { try await export($0, .csv) },
            middleware.get("\(Self.path)/sends.ndjson", [.readSendLogs]) { try await export($0, .ndjson) },
        ]
    }

    /// Returns the recipient of the path, and a search for the sends to it.
    private func find(
        _ request: UserRequest,
        asOf: SequenceNumber? = nil
    ) async throws -> (RecipientLinks.Recipient, SendLogSearch) {
        guard let token = RecipientToken(request.input.parameter) else { throw APIError.noRecipientLink }
        var recipient = try await links.recipient(token, request)
        var search = SendLogSearch(asOf: asOf)
        try await links.limit(&search, to: &recipient, in: request.organisation)
        return (recipient, search)
    }

    /// Returns the number of sends of a search that may be to another person, and a sentence about them.
    ///
    /// - Returns: `nil` if there are none.
    private func doubtful(
        _ recipient: RecipientLinks.Recipient,
        in search: SendLogSearch,
        of organisation: OrganisationID
    ) async throws(StoreError) -> (count: Int, sentence: String)? {
        let count = try await SendsReader(store, in: organisation).count(of: recipient.doubtful, in: search)
        if count == 0 { return nil }
        let rest = "may be to another person; \(count == 1 ? "it is" : "they are") not in the print view and the files"
        return (count, "\(count.counted("more send")) \(rest).")
    }

    private func summary(_ search: SendLogSearch, _ request: UserRequest) async throws -> RecipientSummary {
        var offsetCache: UserTimeZone.OffsetCache?
        return try await RecipientSummary(of: search, in: request.organisation, from: store) { moment in
            request.user.zone.day(moment, offsetCache: &offsetCache)
        }
    }

    @Sendable private func show(_ request: UserRequest) async throws -> Response {
        let (user, query) = (request.user, request.query)
        let page = try query.page()
        let (recipient, all) = try await find(request, asOf: query.asOf())
        let summary = try await summary(all, request)
        var search = all
        (search.skip, search.limit) = ((page - 1) * Self.rowsPerPage, Self.rowsPerPage)
        let found = try await store.search(search, in: request.organisation)
        let doubtful = try await doubtful(recipient, in: all, of: request.organisation)
        let table = try await SendsTable(
            found,
            naming: summary.campaigns.map(\.key),
            to: recipient,
            from: store,
            for: request
        )

        var values = recipient.values(for: user)
        values.merge(Self.values(of: summary, user)) { own, _ in own }
        let pinned = [(name: "as_of", value: String(found.asOf.number))]
        values["sends-report"] = recipient.report
        values["doubtful"] = doubtful?.count.grouped
        values["left-out"] = doubtful?.sentence
        values["of-campaigns"] = Self.campaignRows(summary.campaigns, names: table.names ?? [:], recipient.token)
        values["of-months"] = Self.monthRows(summary.months)
        if !table.rows.isEmpty { values["rows"] = table.rows }
        values["page-too-high"] = found.total > 0 && table.rows.isEmpty
        let pager = Pager(page: page, rows: Self.rowsPerPage, total: found.total)
        values["pager"] = pager.values(action: recipient.path, pinned) {
            "\(recipient.path)?as_of=\(found.asOf.number)\($0 > 1 ? "&page=\($0)" : "")#sends"
        }
        // The title is in the browser's history, so it must not have the recipient.
        return request.page("recipient", section: .sends, title: "Recipient", values)
    }

    /// Returns the values that the page and the printed page share.
    private static func values(of summary: RecipientSummary, _ user: SignedInUser) -> [String: Any] {
        var values: [String: Any] = [
            "sends": summary.sends.grouped, "sends-noun": summary.sends == 1 ? "send" : "sends", "zone": user.zone.name,
            "none": summary.sends == 0, "organisation": user.organisation,
        ]
        // The pager of a page has values with the names first and last.
        values["first-send"] = summary.first.map { user.zone.text($0) }
        values["last-send"] = summary.last.map { user.zone.text($0) }
        if summary.counted < summary.sends { values["counted"] = summary.counted.grouped }
        for (name, rest) in [("other-campaigns", summary.otherCampaigns), ("other-months", summary.otherMonths)]
        where rest.rows > 0 {
            values[name] = "\(rest.rows.grouped) others: \(rest.sends.counted("send"))"
        }
        return values
    }

    private static func campaignRows(
        _ counts: [RecipientSummary.Count<CampaignID>],
        names: [CampaignID: CampaignName],
        _ token: RecipientToken
    ) -> [UInt8] {
        var html: [UInt8] = []
        for count in counts {
            let name = names[count.key].map { "<bdi>\(UntrustedText.html($0.description))</bdi> " } ?? ""
            let link = "/console/sends?campaign=\(count.key)&amp;recipient=\(token)"
            html += "<tr><th scope=row><a href=\"\(link)\">\(name)<code>\(count.key)</code></a>".utf8
            html += "<td class=count>\(count.sends.grouped)\n".utf8
        }
        return html
    }

    private static func monthRows(_ counts: [RecipientSummary.Count<Day>]) -> [UInt8] {
        var html: [UInt8] = []
        for count in counts {
            let date = CivilDate(count.key)
            html += "<tr><th scope=row>\(date.monthName) \(date.year.decimal(digits: 4))".utf8
            html += "<td class=count>\(count.sends.grouped)\n".utf8
        }
        return html
    }

    /// Returns the page to print for the recipient: it has no list of destinations, and no doubtful sends.
    @Sendable private func print(_ request: UserRequest) async throws -> Response {
        let user = request.user
        var (recipient, search) = try await find(request)
        let doubtful = try await doubtful(recipient, in: search, of: request.organisation)
        recipient.leaveOutDoubtful(of: &search)
        let summary = try await RecipientSummary(of: search, in: request.organisation, from: store)
        let sends = try await PrintedSends(of: search, from: store, for: request)
        var values = recipient.values(for: user)
        values.merge(Self.values(of: summary, user)) { own, _ in own }
        values["counted"] = sends.count < summary.sends ? sends.count.grouped : nil
        values["printed"] = sends.html
        values["left-out"] = doubtful?.sentence
        values["made"] = user.zone.text(request.input.now)
        values["offset"] = user.zone.offsetText(at: request.input.now)
        return request.page("recipient-print", section: .sends, title: "Messages sent to a recipient", values)
    }

    private func export(_ request: UserRequest, _ format: SendLogExport.Format) async throws -> Response {
        var (recipient, search) = try await find(request)
        recipient.leaveOutDoubtful(of: &search)
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
