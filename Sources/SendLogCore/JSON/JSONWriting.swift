/// Appends text to a buffer, unchanged or as a JSON string, and unescapes such strings.
extension [UInt8] {
    /// Appends ASCII or UTF-8 text unchanged.
    @inline(__always)
    public mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a string as JSON in quotes, and escapes only the characters that JSON requires.
    public mutating func appendJSON(_ text: String) {
        var text = text
        text.withUTF8 { appendJSON(utf8: $0) }
    }

    /// Appends valid UTF-8 as a JSON string in quotes.
    public mutating func appendJSON(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        var copied = 0
        while true {
            let offset = PlainBytes.endOfUnescaped(in: bytes, from: copied)
            append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<offset]))
            if offset == bytes.count { break }
            let byte = bytes[offset]
            copied = offset + 1
            append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\n"): append(UInt8(ascii: "n"))
            case UInt8(ascii: "\r"): append(UInt8(ascii: "r"))
            case UInt8(ascii: "\t"): append(UInt8(ascii: "t"))
            case 0x08: append(UInt8(ascii: "b"))
            case 0x0c: append(UInt8(ascii: "f"))
            case ..<0x20:
                append("u")
                appendHex(UInt64(byte), digits: 4)
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends the decoded content of a JSON string that ``appendJSON(utf8:)`` wrote, given without quotes.
    public mutating func appendUnescaped(_ escaped: UnsafeBufferPointer<UInt8>) {
        var copied = 0
        while true {
            let offset = PlainBytes.endOfUnescaped(in: escaped, from: copied)
            append(contentsOf: UnsafeBufferPointer(rebasing: escaped[copied..<offset]))
            guard offset + 1 < escaped.count else { return }
            copied = offset + 2
            switch escaped[offset + 1] {
            case UInt8(ascii: "n"): append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): append(UInt8(ascii: "\r"))
            case UInt8(ascii: "t"): append(UInt8(ascii: "\t"))
            case UInt8(ascii: "b"): append(0x08)
            case UInt8(ascii: "f"): append(0x0c)
            case UInt8(ascii: "u"):
                // Only control characters are written as \u00 and two digits.
                let digits = escaped[Swift.min(offset + 4, escaped.count)..<Swift.min(offset + 6, escaped.count)]
                append(UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0)
                copied = Swift.min(offset + 6, escaped.count)
            case let byte: append(byte)
            }
        }
    }
}
