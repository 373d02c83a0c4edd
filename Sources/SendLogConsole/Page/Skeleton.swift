import SendLogCore

/// A rendered template with placeholders for its texts.
///
/// A placeholder is a name between control characters, which templates do not contain. A skeleton never contains texts
/// of users, so no text can be mistaken for a placeholder.
struct Skeleton: Sendable {
    private enum Piece {
        case html([UInt8])
        case text(String, isEscaped: Bool)
    }

    private static let raw: UInt8 = 1
    private static let escaped: UInt8 = 2
    private let pieces: [Piece]

    /// Returns the placeholder of a text in the template's values.
    static func placeholder(_ name: String) -> String { "\u{1}\(name)\u{1}" }

    /// Returns the placeholder of a text that must be escaped.
    ///
    /// - Returns: `nil` if the text is not a placeholder.
    static func escaped(_ text: String) -> String? {
        guard text.utf8.first == raw, text.utf8.last == raw, text.utf8.count > 2 else { return nil }
        // A text of a user may begin and end like a placeholder, but then it contains nothing that HTML would escape.
        let name = text.utf8.dropFirst().dropLast()
        let isName = name.allSatisfy { $0.isASCIILetter || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        return isName ? "\u{2}\(Substring(name))\u{2}" : nil
    }

    /// Splits rendered HTML at its placeholders.
    init(_ html: [UInt8]) {
        var pieces: [Piece] = []
        var rest = html[...]
        while let begin = rest.firstIndex(where: { $0 == Self.raw || $0 == Self.escaped }),
            let end = rest[(begin + 1)...].firstIndex(of: rest[begin])
        {
            pieces.append(.html(Array(rest[..<begin])))
            let name = String(decoding: rest[(begin + 1)..<end], as: UTF8.self)
            pieces.append(.text(name, isEscaped: rest[begin] == Self.escaped))
            rest = rest[(end + 1)...]
        }
        pieces.append(.html(Array(rest)))
        self.pieces = pieces
    }

    /// Returns the page with its texts inserted.
    func filled(with texts: [String: [UInt8]]) -> [UInt8] {
        var html: [UInt8] = []
        html.reserveCapacity(texts.values.reduce(8192) { $0 + $1.count })
        for piece in pieces {
            switch piece {
            case .html(let piece): html += piece
            case .text(let name, isEscaped: false): html += texts[name] ?? []
            case .text(let name, isEscaped: true): texts[name]?.withUnsafeBufferPointer { html.appendHTML($0) }
            }
        }
        return html
    }
}
