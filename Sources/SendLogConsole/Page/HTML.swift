import SendLogCore

extension [UInt8] {
    /// Appends UTF-8 text so that HTML shows it as it is (<https://html.spec.whatwg.org/multipage/parsing.html#data-state>).
    mutating func appendHTML(_ text: UnsafeBufferPointer<UInt8>) {
        var copied = 0
        for place in text.indices {
            let entity: StaticString
            switch text[place] {
            case UInt8(ascii: "<"): entity = "&lt;"
            case UInt8(ascii: ">"): entity = "&gt;"
            case UInt8(ascii: "&"): entity = "&amp;"
            case UInt8(ascii: "\""): entity = "&quot;"
            case UInt8(ascii: "'"): entity = "&#39;"
            default: continue
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<place]))
            append(entity)
            copied = place + 1
        }
        append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
    }

    mutating func appendHTML(_ text: String) {
        var text = text
        text.withUTF8 { appendHTML($0) }
    }

    /// Appends a number with blanks between thousands, which no line breaks at.
    mutating func appendGrouped(_ number: Int) {
        if (0..<1000).contains(number) { appendDecimal(number) } else { append(contentsOf: number.grouped.utf8) }
    }
}

extension Int {
    /// The number as people read it, with narrow blanks between thousands.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append("\u{202f}") }
            text.append(digit)
        }
        return self < 0 ? "−\(text)" : text
    }

    /// The number with a noun.
    func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}

/// Shows texts that senders wrote, of which nothing may act on the page or deceive its reader.
enum StoredText {
    /// Appends a text as HTML: `{{…}}` is marked, and what cannot be seen but changes how the rest reads is named.
    ///
    /// - Parameters:
    ///   - text: the text in UTF-8
    ///   - most: after how many bytes it is cut, with an ellipsis
    ///   - bytes: where the HTML is appended
    static func append(_ text: UnsafeBufferPointer<UInt8>, most: Int = .max, to bytes: inout [UInt8]) {
        var end = Swift.min(text.count, most)
        // Never within a character.
        while end < text.count, end > 0, text[end] & 0xc0 == 0x80 { end -= 1 }
        appendPieces(text, 0..<end, to: &bytes)
        if end < text.count { bytes.append("…") }
    }

    /// Whether a byte stands for itself, whatever comes before and behind it.
    private static let isPlain: [Bool] = (0...255).map { (byte: UInt8) in
        (0x20...0x7e).contains(byte) && !"<>&\"'{".utf8.contains(byte) || [0x09, 0x0a, 0x0d].contains(byte)
    }

    private static func appendPieces(
        _ text: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        to bytes: inout [UInt8]
    ) {
        isPlain.withUnsafeBufferPointer { isPlain in
            var place = range.lowerBound
            while place < range.upperBound {
                let begin = place
                while place < range.upperBound, isPlain[Int(text[place])] { place += 1 }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[begin..<place]))
                guard place < range.upperBound else { return }
                if let close = fieldEnd(text, from: place, before: range.upperBound) {
                    bytes.append("<mark>")
                    appendVisible(text, place..<close, to: &bytes)
                    bytes.append("</mark>")
                    place = close
                } else {
                    let length = hidden(text, at: place)?.length ?? 1
                    appendVisible(text, place..<min(place + length, range.upperBound), to: &bytes)
                    place += length
                }
            }
        }
    }

    /// The end of a `{{…}}` that begins at a place, which holds no braces and no line break.
    private static func fieldEnd(_ text: UnsafeBufferPointer<UInt8>, from place: Int, before end: Int) -> Int? {
        guard place + 3 < end, text[place] == UInt8(ascii: "{"), text[place + 1] == UInt8(ascii: "{") else {
            return nil
        }
        var next = place + 2
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
        var (copied, place) = (range.lowerBound, range.lowerBound)
        while place < range.upperBound {
            if (0x20...0x7e).contains(text[place]) {
                place += 1
                continue
            }
            guard let hidden = hidden(text, at: place) else {
                place += 1
                continue
            }
            bytes.appendHTML(UnsafeBufferPointer(rebasing: text[copied..<place]))
            bytes.append("<i class=\"hidden-character\">U+")
            let digits = String(hidden.scalar, radix: 16, uppercase: true)
            bytes.append(contentsOf: String(repeating: "0", count: Swift.max(0, 4 - digits.count)).utf8)
            bytes.append(contentsOf: digits.utf8)
            bytes.append("</i>")
            place += hidden.length
            copied = place
        }
        bytes.appendHTML(UnsafeBufferPointer(rebasing: text[copied..<range.upperBound]))
    }

    /// Control characters, and those that turn the direction of what follows (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>).
    private static func hidden(
        _ text: UnsafeBufferPointer<UInt8>,
        at place: Int
    ) -> (scalar: UInt32, length: Int)? {
        let byte = text[place]
        if byte < 0x20 || byte == 0x7f {
            return [0x09, 0x0a, 0x0d].contains(byte) ? nil : (UInt32(byte), 1)
        }
        // U+0080 to U+009F.
        if byte == 0xc2, place + 1 < text.count, text[place + 1] < 0xa0 || text[place + 1] == 0xad {
            return (UInt32(text[place + 1]), 2)
        }
        if byte == 0xd8, place + 1 < text.count, text[place + 1] == 0x9c { return (0x061c, 2) }
        if byte == 0xef, place + 2 < text.count, text[place + 1] == 0xbb, text[place + 2] == 0xbf { return (0xfeff, 3) }
        guard byte == 0xe2, place + 2 < text.count else { return nil }
        let scalar = 0x2000 | UInt32(text[place + 1] & 0x3f) << 6 | UInt32(text[place + 2] & 0x3f)
        switch scalar {
        case 0x200b, 0x200e, 0x200f, 0x2060, 0x202a...0x202e, 0x2066...0x2069, 0x2028, 0x2029: return (scalar, 3)
        default: return nil
        }
    }

    /// The same of a short text.
    static func html(_ text: String) -> String {
        var (text, bytes) = (text, [UInt8]())
        text.withUTF8 { append($0, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
