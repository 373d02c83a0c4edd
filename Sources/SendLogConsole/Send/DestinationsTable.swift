import Foundation
import SendLogAPI
import SendLogCore

/// The table of one send's destinations: a page of all, or the results of a search.
struct DestinationsTable {
    let store: any LogReader
    let organisation: OrganisationID
    let log: StoredSendLog

    /// The number of destinations per page, and the maximum number of search results of a kind.
    private static let rows = 100

    /// Adds the values for the page's template; the query has `destination` for a search, or `page` for a page of all.
    ///
    /// - Throws: ``StoreError``; ``InvalidInput`` for an invalid number of a page.
    func show(_ query: QueryString, at path: String, in values: inout [String: Any]) async throws {
        let page = try query.page()
        values["has-list"] = log.destinations > 0
        guard log.destinations > 0 else { return }
        let text = (query["destination"] ?? "").trimmingCharacters(in: .whitespaces)
        values["search-term"] = text
        let searchTerm = DestinationSearchTerm(text)
        if searchTerm.isEmpty {
            try await showPage(page, at: path, in: &values)
        } else {
            try await showMatches(of: searchTerm, at: path, in: &values)
        }
    }

    private func showPage(_ page: Int, at path: String, in values: inout [String: Any]) async throws {
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
        values["pager"] = Pager(page: page, rows: Self.rows, total: log.destinations).values(action: path) {
            $0 == 1 ? "\(path)#destinations" : "\(path)?page=\($0)#destinations"
        }
    }

    private func showMatches(
        of searchTerm: DestinationSearchTerm,
        at path: String,
        in values: inout [String: Any]
    ) async throws {
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
                        Self.append(destination, index, page: path, mark: mark, to: &group.html)
                    }
                    rows[match] = group
                }
                index += 1
                return true
            }
        }
        values["all"] = "\(path)#destinations"
        values["found"] = found.grouped
        values["found-noun"] = found == 1 ? "destination" : "destinations"
        values["none"] = found == 0
        if let doubtful = rows[.doubtful] { values["doubtful"] = doubtful.count.grouped }
        for match in [DestinationSearchTerm.Match.recipient, .doubtful, .part] {
            shown += rows[match]?.html ?? []
        }
        values["searched"] = Self.html(searchTerm.query.searched, separator: ", ")
        values["searched-parts"] = Self.html(searchTerm.parts, separator: " or ")
        let most = rows.values.reduce(0) { $0 + min($1.count, Self.rows) }
        if found > most { values["found-most"] = most }
        if found > 0 { values["list"] = shown }
    }

    /// The length in bytes from which a search term is truncated on the page.
    private static let maxShownBytes = 400

    private static func html(_ texts: [String], separator: StaticString) -> [UInt8] {
        var html: [UInt8] = []
        for text in texts {
            if !html.isEmpty { html.append(separator) }
            var text = text
            html.append("<bdi>")
            text.withUTF8 { UntrustedText.append($0, maxBytes: maxShownBytes, to: &html) }
            html.append("</bdi>")
        }
        return html
    }

    private static func append(
        _ destination: UnsafeBufferPointer<UInt8>,
        _ index: Int,
        page path: String? = nil,
        mark: StaticString? = nil,
        to html: inout [UInt8]
    ) {
        html.append("<tr><td class=count>")
        if let path {
            html.append("<a href=\"")
            html.appendHTML("\(path)?page=\(index / rows + 1)#destinations")
            html.append("\">")
        }
        html.appendGrouped(index + 1)
        if path != nil { html.append("</a>") }
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
