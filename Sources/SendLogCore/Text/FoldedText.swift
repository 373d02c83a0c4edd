import Foundation

/// A text in the form in which names are compared: without case, and without accents of Latin, Greek and Cyrillic.
///
/// Two texts have the same form if they differ only in
/// - case, by Unicode's full case folding (`Straße` is `STRASSE`, and `ς` is `σ`), where the Turkish `İ` and `ı` are
///   both `i`, because the language of a name is not known,
/// - the normalisation form (NFC or NFD),
/// - accents, but only of Latin, Greek and Cyrillic letters.
///
/// Marks of all other scripts, such as vowel signs of Devanagari, Thai and Arabic, are letters and stay. So do letters
/// that Unicode does not decompose, such as `ø` and `ł`, and a mark without a letter before it.
public struct FoldedText: Hashable, Sendable {
    /// The form in UTF-8.
    public let utf8: [UInt8]

    /// Creates the form of a text, which is empty only for an empty text.
    public init(_ text: String) {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            utf8 = text.utf8.map(\.lowercasedASCII)
        } else {
            var folded = String.UnicodeScalarView()
            var isAccented = false
            for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars {
                if scalar.isMark {
                    // The iota subscript is a letter: its upper case is Ι.
                    if isAccented, scalar != "\u{345}" { continue }
                } else {
                    isAccented = scalar.hasAccents
                }
                folded.append(contentsOf: Self.folded(scalar).unicodeScalars)
            }
            // Composed, so that a part of a name does not end within a letter, such as a syllable of Hangul.
            utf8 = Array(String(folded).precomposedStringWithCanonicalMapping.utf8)
        }
    }

    /// Returns whether this text contains another one; each text contains the empty one.
    public func contains(_ part: FoldedText) -> Bool {
        guard let first = part.utf8.first else { return true }
        let last = utf8.count - part.utf8.count
        guard last >= 0 else { return false }
        // No character begins within another one in UTF-8, so bytes are compared.
        return (0...last).contains { start in
            utf8[start] == first && utf8[start..<start + part.utf8.count].elementsEqual(part.utf8)
        }
    }

    /// The form as text.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    /// Returns a character without case.
    ///
    /// Swift has no case folding. The lower case of the upper case is the same, except that `ẞ` becomes `SS` only as `ß`.
    private static func folded(_ scalar: Unicode.Scalar) -> String {
        if scalar.isASCII { return scalar.properties.lowercaseMapping }
        var text = scalar.properties.lowercaseMapping
        for mapping in [\Unicode.Scalar.Properties.uppercaseMapping, \.lowercaseMapping] {
            text = text.unicodeScalars.map { $0.properties[keyPath: mapping] }.joined()
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether the character is a combining mark.
    fileprivate var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    /// Whether combining marks after the character are accents: whether it is a Latin, Greek or Cyrillic letter.
    fileprivate var hasAccents: Bool {
        let isOfScript = Self.accentedScripts.contains { $0.contains(value) }
        return isOfScript && properties.isAlphabetic && !Self.coptic.contains(value)
    }

    /// The blocks of Latin, Greek and Cyrillic letters (<https://www.unicode.org/Public/UNIDATA/Scripts.txt>).
    private static let accentedScripts: [ClosedRange<UInt32>] = [
        // Latin to the IPA; Greek and Cyrillic; their phonetic extensions; Latin and Greek additional.
        0x0041...0x02af, 0x0370...0x052f, 0x1c80...0x1c8f, 0x1d00...0x1dbf, 0x1e00...0x1fff,
        // Letters among signs: the ohm and the ångström, Roman numerals, superscripts.
        0x2071...0x209c, 0x2126...0x2188, 0x2c60...0x2c7f,
        // Cyrillic extended; Latin extended; ligatures; full-width letters.
        0xa640...0xa69f, 0xa720...0xa7ff, 0xab30...0xab6f, 0xfb00...0xfb06, 0xff21...0xff5a,
        // Phonetic letters, and more of Cyrillic.
        0x1_0780...0x1_07bf, 0x1_df00...0x1_dfff, 0x1_e030...0x1_e08f,
    ]

    /// The Coptic letters in the Greek block.
    private static let coptic: ClosedRange<UInt32> = 0x03e2...0x03ef
}
