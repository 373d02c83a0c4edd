import SendLogCore

/// Cells of CSV files (<https://www.rfc-editor.org/rfc/rfc4180>) that no spreadsheet evaluates as formulas.
///
/// A spreadsheet may evaluate a text that begins with `=`, `+`, `-`, `@`, a tab or a line break, or with the full-width
/// forms of those signs. Such a text gets an apostrophe before it. A text with such a character after leading
/// apostrophes gets one more apostrophe. Plain numbers, such as `+27821234567` or `-5`, stay unchanged.
///
/// To restore the original texts, remove one apostrophe from each cell that begins with apostrophes and one of those
/// characters. See <https://owasp.org/www-community/attacks/CSV_Injection>.
package enum CSV {
    /// The line terminator.
    package static let lineEnd: StaticString = "\r\n"

    /// Appends a text as a cell, always in quotes.
    package static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if mayBeFormula(text) { bytes.append(UInt8(ascii: "'")) }
        var copied = 0
        for offset in text.indices where text[offset] == UInt8(ascii: "\"") {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...offset]))
            bytes.append(UInt8(ascii: "\""))
            copied = offset + 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
        bytes.append(UInt8(ascii: "\""))
    }

    /// Returns whether a spreadsheet may evaluate the text as a formula.
    private static func mayBeFormula(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = text.firstIndex(where: { $0 != UInt8(ascii: "'") }) else { return false }
        switch text[first] {
        case UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
            return true
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            return first > 0 || !isNumber(text)
        case 0xef:
            // U+FF1D, U+FF0B, U+FF0D and U+FF20.
            guard text.count >= first + 3, text[first + 1] == 0xbc else { return false }
            return [0x9d, 0x8b, 0x8d, 0xa0].contains(text[first + 2])
        default: return false
        }
    }

    /// Returns whether a text is a sign and digits, with at most one decimal point among them.
    private static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var (digits, points) = (0, 0)
        for byte in text.dropFirst() {
            if byte.isASCIIDigit {
                digits += 1
            } else if byte == UInt8(ascii: "."), digits > 0 {
                points += 1
            } else {
                return false
            }
        }
        return digits > 0 && points <= 1 && text.last != UInt8(ascii: ".")
    }
}
