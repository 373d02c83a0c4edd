/// The meaning of a character in a telephone number.
enum NumberCharacter {
    /// A decimal digit of any script, as its ASCII byte: phones with an Arabic keyboard write `٠٨٢`.
    case digit(UInt8)
    case plus
    case openingBracket
    case closingBracket
    /// A character without meaning: white space, a dash, a dot, a slash, a quotation mark, an invisible character.
    case separator
    /// A character that no number has, such as a letter, `*`, `#`, or a comma between two numbers.
    case other

    /// Classifies a character.
    init(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "0"..."9": self = .digit(UInt8(truncatingIfNeeded: scalar.value))
        case " ", "-", ".", "/", "_", "'", "\"": self = .separator
        case "+", "\u{ff0b}", "\u{fe62}": self = .plus
        case "(", "[", "\u{ff08}", "\u{ff3b}", "\u{fe59}": self = .openingBracket
        case ")", "]", "\u{ff09}", "\u{ff3d}", "\u{fe5a}": self = .closingBracket
        case "!"..."~": self = .other
        default: self.init(rare: scalar)
        }
    }

    private init(rare scalar: Unicode.Scalar) {
        let properties = scalar.properties
        if properties.numericType == .decimal, let value = properties.numericValue.flatMap({ UInt8(exactly: $0) }) {
            self = .digit(UInt8(ascii: "0") + value)
        } else if scalar.isBlank || properties.generalCategory == .dashPunctuation || Self.isSeparator(scalar) {
            self = .separator
        } else {
            self = .other
        }
    }

    /// Returns whether a character is a minus sign, a dot at any height, a slash, a low line or a quotation mark.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2212, 0x2043, 0x02d7: true
        case 0x00b7, 0x0387, 0x2022, 0x2024, 0x2027, 0x2219, 0x22c5, 0x30fb, 0xfe52, 0xff0e, 0xff65: true
        case 0x2044, 0x2215, 0xff0f, 0xff3f: true
        case 0x2018...0x201f, 0xff02, 0xff07: true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// Whether the character shows nothing: a direction mark, a zero-width character, a byte order mark, a control
    /// character (<https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>).
    var isInvisible: Bool {
        properties.isDefaultIgnorableCodePoint || properties.generalCategory == .control
    }

    /// Whether the character is white space or invisible.
    var isBlank: Bool { properties.isWhitespace || isInvisible }
}
