import SendLogCore

/// Appends escaped text and grouped numbers to a page of the console.
extension [UInt8] {
    /// Appends UTF-8 text, escaped for HTML (<https://html.spec.whatwg.org/multipage/parsing.html#data-state>).
    mutating func appendHTML(_ text: UnsafeBufferPointer<UInt8>) {
        var copied = 0
        for offset in text.indices {
            let entity: StaticString
            switch text[offset] {
            case UInt8(ascii: "<"): entity = "&lt;"
            case UInt8(ascii: ">"): entity = "&gt;"
            case UInt8(ascii: "&"): entity = "&amp;"
            case UInt8(ascii: "\""): entity = "&quot;"
            case UInt8(ascii: "'"): entity = "&#39;"
            default: continue
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<offset]))
            append(entity)
            copied = offset + 1
        }
        append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
    }

    mutating func appendHTML(_ text: String) {
        var text = text
        text.withUTF8 { appendHTML($0) }
    }

    /// Appends a number with narrow no-break spaces between thousands.
    mutating func appendGrouped(_ number: Int) {
        if (0..<1000).contains(number) { appendDecimal(number) } else { append(contentsOf: number.grouped.utf8) }
    }
}
