import Foundation
import SendLogAPI
import SendLogCore

/// The destinations of one send, page by page, or those that somebody looks for.
struct DestinationsTable {
    let store: any SendLogStore
    let organisation: OrganisationID
    let log: StoredSendLog

    /// How many destinations a page has, and how many finds are shown.
    private static let rows = 100

    /// Adds what the page's template shows of the list.
    ///
    /// - Parameters:
    ///   - query: `destination` to look for one, `page` for a page of all
    ///   - path: the send's page
    ///   - values: where it is added
    /// - Throws: ``StoreError``.
    func show(_ query: QueryString, at path: String, in values: inout [String: Any]) async throws {
        values["has-list"] = log.destinations > 0
        let text = (query["destination"] ?? "").trimmingCharacters(in: .whitespaces)
        values["looked-for"] = text
        guard log.destinations > 0 else { return }
        if text.isEmpty {
            try await showPage(query, at: path, in: &values)
        } else {
            try await showFinds(of: DestinationNeedle(text), at: path, in: &values)
        }
    }

    private func showPage(_ query: QueryString, at path: String, in values: inout [String: Any]) async throws {
        let last = (log.destinations + Self.rows - 1) / Self.rows
        let page = min(max(query["page"].flatMap { Int($0) } ?? 1, 1), last)
        let wanted = (page - 1) * Self.rows..<min(page * Self.rows, log.destinations)
        var rows: [UInt8] = []
        var reader = ListReader(store: store, organisation: organisation, log: log)
        var place = 0
        while place < wanted.upperBound,
            let piece = try await reader.next(skips: { first, count in first + count <= wanted.lowerBound })
        {
            place = piece.first
            try Self.forEach(piece.text) { destination in
                if wanted.contains(place) { Self.append(destination, place, to: &rows) }
                place += 1
                return place < wanted.upperBound
            }
        }
        values["list"] = rows
        values["range"] = "\((wanted.lowerBound + 1).grouped) to \(wanted.upperBound.grouped)"
        values["pager"] = Pager(page: page, rows: Self.rows, total: log.destinations).values(
            action: path,
            parameters: []
        ) { $0 == 1 ? "\(path)#destinations" : "\(path)?page=\($0)#destinations" }
    }

    private func showFinds(
        of needle: DestinationNeedle,
        at path: String,
        in values: inout [String: Any]
    ) async throws {
        var (rows, found): ([UInt8], Int) = ([], 0)
        var reader = ListReader(store: store, organisation: organisation, log: log)
        while let piece = try await reader.next() {
            var place = piece.first
            try Self.forEach(piece.text) { destination in
                if needle.isIn(destination) {
                    found += 1
                    if found <= Self.rows { Self.append(destination, place, page: path, to: &rows) }
                }
                place += 1
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
        let isSound = text.withUnsafeBufferPointer { ListText.forEach(in: $0, body) }
        if !isSound { throw StoreError.damaged(detail: "a chunk is no piece of a list") }
    }

    private static func append(
        _ destination: UnsafeBufferPointer<UInt8>,
        _ place: Int,
        page path: String? = nil,
        to html: inout [UInt8]
    ) {
        html.append("<tr><td class=count>")
        if let path {
            html.append("<a href=\"")
            html.appendHTML("\(path)?page=\(place / rows + 1)#destinations")
            html.append("\">")
        }
        html.appendGrouped(place + 1)
        if path != nil { html.append("</a>") }
        html.append("<td class=destination><bdi>")
        var text: [UInt8] = []
        text.appendText(ofJSON: destination)
        text.withUnsafeBufferPointer { StoredText.append($0, to: &html) }
        html.append("</bdi>\n")
    }
}

/// A destination, or a part of one, that somebody looks for.
///
/// A telephone number is found however it is written: `+27 82 123 4567`, `0027821234567` and `082 123 4567` all find `27821234567`.
struct DestinationNeedle {
    private let text: [UInt8]
    /// The digits of a telephone number without what stands for a country or for being at home; `nil` for anything else.
    private let digits: [UInt8]?

    init(_ text: String) {
        self.text = Array(text.utf8)
        let isNumber = text.utf8.allSatisfy { Self.isDigit($0) || " +-().".utf8.contains($0) }
        // A zero in brackets is for those who are at home.
        var digits = text.replacing("(0)", with: "").utf8.filter(Self.isDigit)
        digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
        self.digits = isNumber && digits.count >= 3 ? digits : nil
    }

    /// Whether a destination, escaped as JSON has it, is one that is looked for.
    func isIn(_ destination: UnsafeBufferPointer<UInt8>) -> Bool {
        if Self.contains(destination, text) { return true }
        if destination.contains(UInt8(ascii: "\\")) {
            var plain: [UInt8] = []
            plain.appendText(ofJSON: destination)
            if plain.withUnsafeBufferPointer({ Self.contains($0, text) }) { return true }
        }
        guard let digits else { return false }
        return destination.allSatisfy(Self.isDigit)
            ? Self.contains(destination, digits)
            : Self.contains(destination.filter(Self.isDigit), digits)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func contains(_ text: some RandomAccessCollection<UInt8>, _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        var place = text.startIndex
        let last = text.index(text.endIndex, offsetBy: -part.count)
        while place <= last {
            if text[place] == part[0], text[place...].starts(with: part) { return true }
            text.formIndex(after: &place)
        }
        return false
    }
}
