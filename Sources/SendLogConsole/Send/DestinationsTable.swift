import SendLogCore

/// The table of one send's destinations: a page of all, or the results of a search.
struct DestinationsTable {
    let store: any LogReader
    let organisation: OrganisationID
    let log: StoredSendLog
    /// The path of the send's page.
    let path: String
    /// What is searched for: a recipient, or a part of a destination.
    let recipient: RecipientLinks.Recipient?

    /// The number of destinations per page, and the maximum number of search results of a kind.
    private static let rows = 100

    /// Returns the values for the page's template: a page of all destinations, or without a number the results of the
    /// search for the recipient.
    ///
    /// - Throws: ``StoreError``.
    func values(page: Int?) async throws -> [String: Any] {
        var values: [String: Any] = ["search-term": recipient?.text ?? ""]
        guard log.destinations > 0 else { return values }
        if page == nil, let recipient {
            try await showMatches(of: recipient, in: &values)
        } else {
            try await showPage(page ?? 1, in: &values)
        }
        return values
    }

    /// Returns the link to a page of all destinations, which keeps the recipient.
    private func link(_ page: Int) -> String {
        if let recipient { return "\(path)?recipient=\(recipient.token)&page=\(page)#destinations" }
        return page == 1 ? "\(path)#destinations" : "\(path)?page=\(page)#destinations"
    }

    private func showPage(_ page: Int, in values: inout [String: Any]) async throws {
        let last = (log.destinations + Self.rows - 1) / Self.rows
        let page = min(page, last)
        let requested = (page - 1) * Self.rows..<min(page * Self.rows, log.destinations)
        var rows: [UInt8] = []
        var reader = ListReader(store: store, organisation: organisation, log: log)
        var index = 0
        while index < requested.upperBound,
            let piece = try await reader.next(skips: { first, count in first + count <= requested.lowerBound })
        {
            index = piece.first
            try piece.scan { destination in
                if requested.contains(index) { Self.append(destination, index, to: &rows) }
                index += 1
                return index < requested.upperBound
            }
        }
        values["list"] = rows
        values["range"] = "\((requested.lowerBound + 1).grouped) to \(requested.upperBound.grouped)"
        let kept = recipient.map { [(name: "recipient", value: $0.token.description)] } ?? []
        let pager = Pager(page: page, rows: Self.rows, total: log.destinations)
        values["pager"] = pager.values(action: path, kept, link: link)
    }

    private func showMatches(of recipient: RecipientLinks.Recipient, in values: inout [String: Any]) async throws {
        let searchTerm = DestinationSearchTerm(recipient.text, callingCode: recipient.query.callingCode)
        // The recipient comes first, even if many other destinations contain the term.
        var rows: [DestinationSearchTerm.Match: (count: Int, html: [UInt8])] = [:]
        var (found, shown): (Int, [UInt8]) = (0, [])
        var reader = ListReader(store: store, organisation: organisation, log: log)
        while let piece = try await reader.next() {
            var index = piece.first
            try piece.scan { destination in
                if let match = searchTerm.match(destination) {
                    found += 1
                    var group = rows[match] ?? (0, [])
                    rows[match] = nil
                    group.count += 1
                    let mark: StaticString? = match == .doubtful ? "doubtful" : nil
                    if group.count <= Self.rows {
                        let page = link(index / Self.rows + 1)
                        Self.append(destination, index, page: page, mark: mark, to: &group.html)
                    }
                    rows[match] = group
                }
                index += 1
                return true
            }
        }
        values["all"] = link(1)
        values["found"] = found.grouped
        values["found-noun"] = found == 1 ? "destination" : "destinations"
        values["none"] = found == 0
        if let doubtful = rows[.doubtful] { values["doubtful"] = doubtful.count.grouped }
        for match in [DestinationSearchTerm.Match.recipient, .doubtful, .part] {
            shown += rows[match]?.html ?? []
        }
        values["searched"] = UntrustedText.html(searchTerm.query.searched, separator: ", ")
        values["has-notations"] = searchTerm.query.key.hasNotations
        values["searched-parts"] = UntrustedText.html(searchTerm.parts, separator: " or ")
        let most = rows.values.reduce(0) { $0 + min($1.count, Self.rows) }
        if found > most { values["found-most"] = most }
        if found > 0 { values["list"] = shown }
    }

    private static func append(
        _ destination: UnsafeBufferPointer<UInt8>,
        _ index: Int,
        page link: String? = nil,
        mark: StaticString? = nil,
        to html: inout [UInt8]
    ) {
        html.append("<tr><td class=count>")
        if let link {
            html.append("<a href=\"")
            html.appendHTML(link)
            html.append("\">")
        }
        html.appendGrouped(index + 1)
        if link != nil { html.append("</a>") }
        html.append("<td class=destination><bdi>")
        var text: [UInt8] = []
        text.appendUnescaped(destination)
        text.withUnsafeBufferPointer { UntrustedText.append($0, to: &html) }
        html.append("</bdi>")
        if let mark {
            html.append(" <span class=faint>")
            html.append(mark)
            html.append("</span>")
        }
        html.append("\n")
    }
}
