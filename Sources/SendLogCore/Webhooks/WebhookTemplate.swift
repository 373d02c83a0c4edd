/// A template: text with `{{…}}` fields, parsed into pieces.
///
/// The value of a field is not parsed again, so the braces of a message stay as they are.
struct WebhookTemplate: Equatable, Sendable {
    enum Piece: Equatable, Sendable {
        case text([UInt8])
        case field(WebhookField)
    }

    let pieces: [Piece]

    /// Parses a template.
    ///
    /// - Parameters:
    ///   - text: the template
    ///   - path: the path of the template in the input, for errors
    /// - Throws: ``InvalidInput`` with an issue for each unknown or unclosed `{{…}}`.
    init(_ text: String, at path: String) throws(InvalidInput) {
        let bytes = Array(text.utf8)
        let (open, close) = (Array("{{".utf8), Array("}}".utf8))
        var (pieces, issues): ([Piece], [InputIssue]) = ([], [])
        var (copied, index) = (0, 0)
        while index + 1 < bytes.count {
            // Of three opening braces, the first belongs to the JSON.
            let isThird = index + 2 < bytes.count && bytes[index + 2] == open[0]
            guard bytes[index] == open[0], bytes[index + 1] == open[1], !isThird else {
                index += 1
                continue
            }
            if index > copied { pieces.append(.text(Array(bytes[copied..<index]))) }
            guard let end = Self.firstIndex(of: close, in: bytes, from: index + 2) else {
                issues.append(InputIssue(path: path, message: "has an unclosed {{"))
                copied = bytes.count
                break
            }
            let name = String(decoding: bytes[(index + 2)..<end].trimmedASCIIWhiteSpace, as: UTF8.self)
            if let field = WebhookField(rawValue: name) {
                pieces.append(.field(field))
            } else {
                issues.append(InputIssue(path: path, message: WebhookField.unknown(name)))
            }
            index = end + 2
            copied = index
        }
        guard issues.isEmpty else { throw InvalidInput(issues) }
        if copied < bytes.count { pieces.append(.text(Array(bytes[copied...]))) }
        self.pieces = pieces
    }

    private static func firstIndex(of pattern: [UInt8], in bytes: [UInt8], from first: Int) -> Int? {
        var index = first
        while index + pattern.count <= bytes.count {
            if bytes[index] == pattern[0], bytes[index + 1] == pattern[1] { return index }
            index += 1
        }
        return nil
    }

    /// The number of `{{send.message}}` fields, each of which may be long.
    var messageCount: Int { pieces.count { $0 == .field(.message) } }

    /// The fields of the template.
    var fields: Set<WebhookField> {
        Set(pieces.compactMap { if case .field(let field) = $0 { field } else { nil } })
    }

    /// Renders the template for a context that allows only printable ASCII, such as a URL or a header.
    ///
    /// - Parameters:
    ///   - send: the send
    ///   - keeps: returns whether a byte of a field stays as it is; other bytes are percent-encoded
    /// - Returns: ASCII text.
    func rendered(for send: WebhookSend, keeping keeps: (UInt8) -> Bool) -> String {
        var bytes: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): bytes.append(contentsOf: text)
            case .field(let field): bytes.appendPercentEncoded(send.text(field), keeping: keeps)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
