import Foundation
import SendLogAPI
import SendLogCore

/// The table of one send's destinations: a page of all, or the results of a search.
struct DestinationsTable {
    let store: any LogReader
    let organisation: OrganisationID
    let log: StoredSendLog

    /// The number of destinations per page, and the maximum number of search results shown.
    private static let rows = 100

    /// Adds the values for the page's template.
    ///
    /// - Parameters:
    ///   - query: `destination` for a search, `page` for a page of all destinations
    ///   - path: the path of the send's page
    ///   - values: the values to add to
    /// - Throws: ``StoreError``.
    func show(_ query: QueryString, at path: String, in values: inout [String: Any]) async throws {
        values["has-list"] = log.destinations > 0
        let text = (query["destination"] ?? "").trimmingCharacters(in: .whitespaces)
        values["search-term"] = text
        guard log.destinations > 0 else { return }
        if text.isEmpty {
            try await showPage(query, at: path, in: &values)
        } else {
            try await showMatches(of: DestinationSearchTerm(text), at: path, in: &values)
        }
    }

    private func showPage(_ query: QueryString, at path: String, in values: inout [String: Any]) async throws {
        let last = (log.destinations + Self.rows - 1) / Self.rows
        let page = min(max(query["page"].flatMap { Int($0) } ?? 1, 1), last)
        let requested = (page - 1) * Self.rows..<min(page * Self.rows, log.destinations)
        var rows: [UInt8] = []
        var reader = ListReader(store: store, organisation: organisation, log: log)
        var index = 0
        while index < requested.upperBound,
            let piece = try await reader.next(skips: { first, count in first + count <= requested.lowerBound })
        {
            index = piece.first
            try Self.forEach(piece.text) { destination in
                if requested.contains(index) { Self.append(destination, index, to: &rows) }
                index += 1
                return index < requested.upperBound
            }
        }
        values["list"] = rows
        values["range"] = "\((requested.lowerBound + 1).grouped) to \(requested.upperBound.grouped)"
        values["pager"] = Pager(page: page, rows: Self.rows, total: log.destinations).values(
            action: path,
            parameters: []
        ) { $0 == 1 ? "\(path)#destinations" : "\(path)?page=\($0)#destinations" }
    }

    private func showMatches(
        of searchTerm: DestinationSearchTerm,
        at path: String,
        in values: inout [String: Any]
    ) async throws {
        var (rows, found): ([UInt8], Int) = ([], 0)
        var reader = ListReader(store: store, organisation: organisation, log: log)
        while let piece = try await reader.next() {
            var index = piece.first
            try Self.forEach(piece.text) { destination in
                if searchTerm.matches(destination) {
                    found += 1
                    if found <= Self.rows { Self.append(destination, index, page: path, to: &rows) }
                }
                index += 1
                return true
            }
        }
        values["all"] = "\(path)#destinations"
        values["found"] = found.grouped
        values["found-noun"] = found == 1 ? "destination" : "destinations"
        values["none"] = found == 0
        if found > Self.rows { values["found-most"] = Self.rows }
        if found > 0 { values["list"] = rows }
    }

    private static func forEach(_ text: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Bool) throws {
        let isValid = text.withUnsafeBufferPointer { DestinationListJSON.forEach(in: $0, body) }
        if !isValid { throw StoreError.corrupted(detail: "a chunk is not a valid part of a list") }
    }

    private static func append(
        _ destination: UnsafeBufferPointer<UInt8>,
        _ index: Int,
        page path: String? = nil,
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
        html.append("</bdi>\n")
    }
}
