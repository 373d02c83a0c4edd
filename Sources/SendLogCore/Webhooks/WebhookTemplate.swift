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
    /// - Throws: ``InvalidInput`` with an issue at `path` for each unknown or unclosed `{{…}}`.
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
            guard let end = (index + 2..<bytes.count).first(where: { bytes[$0...].starts(with: close) }) else {
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

    /// The number of `{{send.message}}` fields, each of which may be long.
    var messageCount: Int { pieces.count { $0 == .field(.message) } }

    /// The fields of the template.
    var fields: Set<WebhookField> {
        Set(pieces.compactMap { if case .field(let field) = $0 { field } else { nil } })
    }

    /// Renders the template as ASCII text; bytes of fields that `keeps` rejects are percent-encoded.
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
