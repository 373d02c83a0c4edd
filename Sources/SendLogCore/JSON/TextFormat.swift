/// The format of a text that is not the JSON it should be, recognised by its first bytes.
public struct TextFormat: Equatable, Sendable {
    /// The name of the format.
    public let name: String
    /// What to do instead.
    public let advice: String

    /// The number of bytes at the beginning of a text that are enough to recognise it.
    public static let headLength = 32

    /// What a text should be.
    public enum Expected: Sendable {
        /// A JSON value.
        case json
        /// A send log.
        case sendLog
        /// A send log on a line of an import.
        case line
        /// A JSON value in a file, which is not sent over HTTP.
        case file
    }

    /// Recognises the format of a text that is not valid; `nil` for an unknown format.
    ///
    /// - Parameters:
    ///   - head: the first ``headLength`` bytes of the text, or the whole text if it is shorter
    ///   - expected: what the text should be
    public init?(head: [UInt8], expected: Expected) {
        guard let format = Self.encoding(of: head) ?? Self.binary(head, expected) ?? Self.text(head, expected) else {
            return nil
        }
        self = format
    }

    private init(_ name: String, _ advice: String) {
        (self.name, self.advice) = (name, advice)
    }

    /// Recognises UTF-16 and UTF-32 by their byte order mark, or by the zero bytes of two ASCII characters.
    ///
    /// The rest of a line that a byte 0x0A ended begins with zero bytes.
    private static func encoding(of head: [UInt8]) -> TextFormat? {
        let utf32 = TextFormat("UTF-32", "use UTF-8")
        if head.starts(with: [0xff, 0xfe, 0, 0]) || head.starts(with: [0, 0, 0xfe, 0xff]) { return utf32 }
        let utf16 = TextFormat("UTF-16", "use UTF-8")
        if head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff]) { return utf16 }
        return switch head.prefix(4).map({ $0 == 0 }) {
        case [false, true, true, true], [true, true, true, false]: utf32
        case [false, true, false, true], [true, false, true, false]: utf16
        default: nil
        }
    }

    /// Returns the first cell of CSV without its quotes; `nil` for a text that is not a row with several cells.
    private static func firstCell(of text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let quote = UInt8(ascii: "\"")
        let isQuoted = text.first == quote
        let cell =
            isQuoted
            ? text.dropFirst().prefix { $0 != quote }
            : text.prefix { $0 >= UInt8(ascii: " ") && !"\"{}[]:,;\\".utf8.contains($0) }
        var rest = text[cell.endIndex...]
        if isQuoted, rest.popFirst() == nil { return nil }
        guard !cell.isEmpty, let separator = rest.popFirst(), ",;\t".utf8.contains(separator),
            // The elements of pretty-printed JSON end with a comma.
            let next = rest.first, next != UInt8(ascii: "\r")
        else { return nil }
        return cell
    }

    private static func binary(_ head: [UInt8], _ expected: Expected) -> TextFormat? {
        let isFile = expected == .file
        let other = ", or compress it with gzip and send Content-Encoding: gzip"
        let decompress = "decompress it first\(isFile ? "" : other)"
        let formats: [(signature: [UInt8], name: String, advice: String)] = [
            ([0x1f, 0x8b], "gzip", isFile ? decompress : "send Content-Encoding: gzip, and compress it only once"),
            ([0x28, 0xb5, 0x2f, 0xfd], "zstd", decompress),
            (Array("PK\u{3}\u{4}".utf8), "a ZIP archive", decompress),
            (Array("BZh".utf8), "bzip2", decompress),
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz", decompress),
        ]
        return formats.first { head.starts(with: $0.signature) }.map { TextFormat($0.name, $0.advice) }
    }

    private static func text(_ head: [UInt8], _ expected: Expected) -> TextFormat? {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = head.dropFirst(head.starts(with: mark) ? mark.count : 0).drop(while: \.isASCIIWhiteSpace)
        if text.starts(with: "--".utf8) { return TextFormat("a multipart form", "send the JSON itself as the body") }
        if text.starts(with: "%7B".utf8) || text.starts(with: "%5B".utf8) {
            return TextFormat("URL-encoded", "send the JSON as it is")
        }
        if text.first == UInt8(ascii: "<") { return TextFormat("XML or HTML", "send JSON") }
        if expected == .json || expected == .file { return nil }
        if text.first == UInt8(ascii: "[") {
            let advice = expected == .line ? "" : "one object, or POST /send-logs/import with "
            return TextFormat("a JSON array", "send \(advice)one send log per line")
        }
        if let cell = firstCell(of: text) {
            let isExport = cell.elementsEqual("_id".utf8)
            let advice = expected == .line ? "send JSON, one send log per line" : "send JSON"
            return TextFormat("CSV", isExport ? "export with format=ndjson and group_destinations=list" : advice)
        }
        // A longer beginning would be the beginning of a longer text.
        let isWhole = head.count < headLength
        if expected == .line, isWhole, text.first == UInt8(ascii: "{"),
            text.dropFirst().allSatisfy(\.isASCIIWhiteSpace)
        {
            return TextFormat("pretty-printed JSON", "a send log must be on one line")
        }
        return nil
    }
}
