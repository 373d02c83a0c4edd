import SendLogCore

/// Cells of CSV files (<https://www.rfc-editor.org/rfc/rfc4180>) that no spreadsheet evaluates as formulas.
///
/// A spreadsheet may split a cell again: at another separator, at quotes, at a line break. It may also ignore
/// invisible characters. So the signs that can start a formula, `=`, `+`, `-`, `@` and their full-width forms,
/// get an apostrophe before them anywhere in a text, except directly after a letter, a digit, `_` or the same sign. A
/// tab, CR or LF gets one at the start of a text and after an apostrophe. Plain numbers, such as `+27821234567` or `-5`,
/// stay unchanged, as do dashes and numbers between the words of a text, because these are not formulas.
///
/// To restore a text, remove one apostrophe before each sign, tab, CR and LF. This is without loss because each of them
/// that follows an apostrophe gets another one. See <https://owasp.org/www-community/attacks/CSV_Injection>.
package enum CSV {
    /// The line terminator.
    package static let lineEnd: StaticString = "\r\n"

    /// Appends a text as a cell, always in quotes.
    package static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var copied = 0
        for offset in text.indices {
            let inserted: UInt8
            switch text[offset] {
            case UInt8(ascii: "\""):
                inserted = UInt8(ascii: "\"")
            // 0xef is the first byte of the full-width signs.
            case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
                UInt8(ascii: "\r"), UInt8(ascii: "\n"), 0xef:
                guard needsApostrophe(at: offset, in: text) else { continue }
                inserted = UInt8(ascii: "'")
            default:
                continue
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<offset]))
            bytes.append(inserted)
            copied = offset
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
        bytes.append(UInt8(ascii: "\""))
    }

    /// Returns whether the character at an offset gets an apostrophe before it.
    ///
    /// It does if it is a sign, a tab, CR or LF that follows an apostrophe: restoring depends on that.
    private static func needsApostrophe(at offset: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        let byte = text[offset]
        switch byte {
        case UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
            return offset == 0 || text[offset - 1] == UInt8(ascii: "'")
        case 0xef:
            guard let sign = fullWidthSign(at: offset, in: text) else { return false }
            let repeatsSign = offset >= 3 && fullWidthSign(at: offset - 3, in: text) == sign
            return !repeatsSign && !followsWord(offset, in: text)
        default:
            if offset == 0 { return !isNumber(text) }
            return text[offset - 1] != byte && !followsWord(offset, in: text) && !isBetweenWords(offset, in: text)
        }
    }

    /// Returns the last byte of the full-width sign at an offset: U+FF1D, U+FF0B, U+FF0D or U+FF20.
    private static func fullWidthSign(at offset: Int, in text: UnsafeBufferPointer<UInt8>) -> UInt8? {
        guard offset + 3 <= text.count, text[offset] == 0xef, text[offset + 1] == 0xbc else { return nil }
        switch text[offset + 2] {
        case 0x9d, 0x8b, 0x8d, 0xa0: return text[offset + 2]
        default: return nil
        }
    }

    /// Returns whether the character before an offset is a letter, with or without marks, a digit, or `_`.
    ///
    /// All other characters may be separators, or be ignored.
    private static func followsWord(_ offset: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard offset > 0 else { return false }
        let last = text[offset - 1]
        // IDs have `_` before `-`, and no spreadsheet offers `_` as a separator.
        if last < 0x80 { return last.isASCIIAlphanumeric || last == UInt8(ascii: "_") }
        // A character has at most four bytes; part of another one before it does not change how it is decoded.
        let end = UnsafeBufferPointer(rebasing: text[max(0, offset - 4)..<offset])
        guard let properties = String(decoding: end, as: UTF8.self).unicodeScalars.last?.properties,
            !properties.isDefaultIgnorableCodePoint
        else { return false }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
            return true
        default:
            return false
        }
    }

    /// Returns whether the sign at an offset is a dash or begins a number, between a word with a space and a space.
    ///
    /// If a spreadsheet splits the text at spaces, the cell has the sign, digits and points and nothing else.
    private static func isBetweenWords(_ offset: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-"),
            text[offset - 1] == UInt8(ascii: " "), followsWord(offset - 1, in: text)
        else { return false }
        let rest = text[(offset + 1)...].drop { $0.isASCIIDigit || $0 == UInt8(ascii: ".") }
        return rest.first == UInt8(ascii: " ")
    }

    /// Returns whether a text is `+` or `-` and digits, with at most one decimal point among them.
    private static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: "+") || text.first == UInt8(ascii: "-") else { return false }
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
