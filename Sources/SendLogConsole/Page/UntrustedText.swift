import SendLogCore

/// Renders texts of senders so that they cannot run as scripts or deceive the reader.
enum UntrustedText {
    /// Appends a text as HTML; marks `{{…}}` and shows invisible characters by name.
    ///
    /// - Parameters:
    ///   - text: the text in UTF-8
    ///   - maxBytes: the length in bytes from which the text is truncated with an ellipsis
    ///   - bytes: the buffer to append to
    static func append(_ text: UnsafeBufferPointer<UInt8>, maxBytes: Int = .max, to bytes: inout [UInt8]) {
        var end = Swift.min(text.count, maxBytes)
        // Does not cut a character in half.
        while end < text.count, end > 0, text[end] & 0xc0 == 0x80 { end -= 1 }
        appendPieces(text, 0..<end, to: &bytes)
        if end < text.count { bytes.append("…") }
    }

    /// Whether a byte is copied unchanged, regardless of its neighbours.
    private static let isPlain: [Bool] = (0...255).map { (byte: UInt8) in
        (0x20...0x7e).contains(byte) && !"<>&\"'{".utf8.contains(byte) || [0x09, 0x0a, 0x0d].contains(byte)
    }

    private static func appendPieces(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to bytes: inout [UInt8]) {
        isPlain.withUnsafeBufferPointer { isPlain in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let begin = offset
                while offset < range.upperBound, isPlain[Int(text[offset])] { offset += 1 }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[begin..<offset]))
                guard offset < range.upperBound else { return }
                if let close = fieldEnd(text, from: offset, before: range.upperBound) {
                    bytes.append("<mark>")
                    appendVisible(text, offset..<close, to: &bytes)
                    bytes.append("</mark>")
                    offset = close
                } else {
                    let length = hidden(text, at: offset)?.length ?? 1
                    appendVisible(text, offset..<min(offset + length, range.upperBound), to: &bytes)
                    offset += length
                }
            }
        }
    }

    /// Returns the end of a `{{…}}` at an offset; `nil` if its content has braces or line breaks.
    private static func fieldEnd(_ text: UnsafeBufferPointer<UInt8>, from offset: Int, before end: Int) -> Int? {
        guard offset + 3 < end, text[offset] == UInt8(ascii: "{"), text[offset + 1] == UInt8(ascii: "{") else {
            return nil
        }
        var next = offset + 2
        while next + 1 < end, text[next] != UInt8(ascii: "{"), text[next] != UInt8(ascii: "\n") {
            if text[next] == UInt8(ascii: "}") { return text[next + 1] == UInt8(ascii: "}") ? next + 2 : nil }
            next += 1
        }
        return nil
    }

    private static func appendVisible(
        _ text: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        to bytes: inout [UInt8]
    ) {
        var (copied, offset) = (range.lowerBound, range.lowerBound)
        while offset < range.upperBound {
            guard !(0x20...0x7e).contains(text[offset]), let hidden = hidden(text, at: offset) else {
                offset += 1
                continue
            }
            bytes.appendHTML(UnsafeBufferPointer(rebasing: text[copied..<offset]))
            bytes.append("<i class=\"hidden-character\">U+")
            let digits = String(hidden.scalar, radix: 16, uppercase: true)
            bytes.append(contentsOf: String(repeating: "0", count: Swift.max(0, 4 - digits.count)).utf8)
            bytes.append(contentsOf: digits.utf8)
            bytes.append("</i>")
            offset += hidden.length
            copied = offset
        }
        bytes.appendHTML(UnsafeBufferPointer(rebasing: text[copied..<range.upperBound]))
    }

    /// Returns a control character or a bidirectional formatting character at an offset
    /// (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>).
    private static func hidden(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> (scalar: UInt32, length: Int)? {
        let byte = text[offset]
        if byte < 0x20 || byte == 0x7f {
            return [0x09, 0x0a, 0x0d].contains(byte) ? nil : (UInt32(byte), 1)
        }
        // U+0080 to U+009F.
        if byte == 0xc2, offset + 1 < text.count, text[offset + 1] < 0xa0 || text[offset + 1] == 0xad {
            return (UInt32(text[offset + 1]), 2)
        }
        if byte == 0xd8, offset + 1 < text.count, text[offset + 1] == 0x9c { return (0x061c, 2) }
        if byte == 0xef, offset + 2 < text.count, text[offset + 1] == 0xbb, text[offset + 2] == 0xbf {
            return (0xfeff, 3)
        }
        guard byte == 0xe2, offset + 2 < text.count else { return nil }
        let scalar = 0x2000 | UInt32(text[offset + 1] & 0x3f) << 6 | UInt32(text[offset + 2] & 0x3f)
        switch scalar {
        case 0x200b, 0x200e, 0x200f, 0x2060, 0x202a...0x202e, 0x2066...0x2069, 0x2028, 0x2029: return (scalar, 3)
        default: return nil
        }
    }

    /// Returns a short text as HTML, rendered in the same way.
    static func html(_ text: String) -> String { html(Array(text.utf8)) }

    /// Returns a text in UTF-8 as HTML, rendered in the same way.
    static func html(_ text: [UInt8], maxBytes: Int = .max) -> String {
        var bytes: [UInt8] = []
        text.withUnsafeBufferPointer { append($0, maxBytes: maxBytes, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The number of bytes that are shown of a text that a user entered.
    private static let maxEnteredBytes = 400

    /// Returns texts that a user entered as HTML, rendered in the same way, each shortened and in its own direction.
    static func html(_ texts: [String], separator: StaticString) -> [UInt8] {
        var html: [UInt8] = []
        for text in texts {
            if !html.isEmpty { html.append(separator) }
            var text = text
            html.append("<bdi>")
            text.withUTF8 { append($0, maxBytes: maxEnteredBytes, to: &html) }
            html.append("</bdi>")
        }
        return html
    }
}
