/// A text with `{{…}}` in it, cut into pieces.
///
/// What a field brings in is never looked at again: a message's own braces stay braces.
struct WebhookTemplate: Equatable, Sendable {
    enum Piece: Equatable, Sendable {
        case text([UInt8])
        case field(WebhookField)
    }

    let pieces: [Piece]

    /// Cuts a text.
    ///
    /// - Parameters:
    ///   - text: the template
    ///   - path: the input's field that it stands in
    /// - Throws: what is wrong with it, for each `{{…}}` that is not known.
    init(_ text: String, at path: String) throws(InvalidInput) {
        let bytes = Array(text.utf8)
        let (open, close) = (Array("{{".utf8), Array("}}".utf8))
        var (pieces, issues): ([Piece], [InputIssue]) = ([], [])
        var (copied, place) = (0, 0)
        while place + 1 < bytes.count {
            // Of three the first is JSON's.
            let isThird = place + 2 < bytes.count && bytes[place + 2] == open[0]
            guard bytes[place] == open[0], bytes[place + 1] == open[1], !isThird else {
                place += 1
                continue
            }
            if place > copied { pieces.append(.text(Array(bytes[copied..<place]))) }
            guard let end = Self.place(of: close, in: bytes, from: place + 2) else {
                issues.append(InputIssue(path: path, message: "has a {{ without its }}"))
                copied = bytes.count
                break
            }
            let blanks = " \t\r\n".utf8
            let inside = bytes[(place + 2)..<end].drop { blanks.contains($0) }
            let length = inside.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? inside.startIndex
            let name = String(decoding: inside[..<length], as: UTF8.self)
            if let field = WebhookField(rawValue: name) {
                pieces.append(.field(field))
            } else {
                issues.append(InputIssue(path: path, message: WebhookField.unknown(name)))
            }
            place = end + 2
            copied = place
        }
        guard issues.isEmpty else { throw InvalidInput(issues) }
        if copied < bytes.count { pieces.append(.text(Array(bytes[copied...]))) }
        self.pieces = pieces
    }

    private static func place(of mark: [UInt8], in bytes: [UInt8], from first: Int) -> Int? {
        var place = first
        while place + mark.count <= bytes.count {
            if bytes[place] == mark[0], bytes[place + 1] == mark[1] { return place }
            place += 1
        }
        return nil
    }

    /// How often it has the message, which may be long.
    var messages: Int { pieces.count { $0 == .field(.message) } }

    /// The fields that it names.
    var fields: Set<WebhookField> {
        Set(pieces.compactMap { if case .field(let field) = $0 { field } else { nil } })
    }

    /// Renders it for a place where only printable ASCII may stand.
    ///
    /// - Parameters:
    ///   - send: what is told
    ///   - keeps: which bytes of fields stay as they are; all others are percent-encoded
    /// - Returns: ASCII.
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

extension [UInt8] {
    /// Appends bytes, those that may not stay as `%XX` (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>).
    mutating func appendPercentEncoded(_ text: [UInt8], keeping keeps: (UInt8) -> Bool) {
        for byte in text {
            if keeps(byte) {
                append(byte)
            } else {
                append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 0xf] {
                    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
                }
            }
        }
    }
}

extension UInt8 {
    /// Whether a URL takes it as a letter that means nothing more (<https://www.rfc-editor.org/rfc/rfc3986#section-2.3>).
    var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
