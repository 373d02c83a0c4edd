import SendLogCore

/// A rendered template with blanks where its texts go.
///
/// A blank is a name between control characters, which no template holds. No text that anybody wrote is ever within a
/// skeleton, so that none can be taken for a blank.
struct Skeleton: Sendable {
    private enum Piece {
        case html([UInt8])
        case text(String, isEscaped: Bool)
    }

    private static let raw: UInt8 = 1
    private static let escaped: UInt8 = 2
    private let pieces: [Piece]

    /// What stands for a text while the template is rendered.
    static func blank(_ name: String) -> String { "\u{1}\(name)\u{1}" }

    /// The blank of a text that is to be escaped.
    ///
    /// - Returns: `nil` for what is no blank.
    static func escaped(_ text: String) -> String? {
        guard text.utf8.first == raw, text.utf8.last == raw, text.utf8.count > 2 else { return nil }
        // What people wrote may look like a blank on the outside, but has nothing then that HTML would escape.
        let name = text.utf8.dropFirst().dropLast()
        let isName = name.allSatisfy {
            (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        return isName ? "\u{2}\(Substring(name))\u{2}" : nil
    }

    /// Finds the blanks in what was rendered.
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

    /// The page with its texts.
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
