import Foundation

/// A destination without brackets and without the scheme of a URI: `<mailto:Jo@example.com>` is `Jo@example.com`.
struct RecipientText {
    /// The text in NFC, without white space and invisible characters at its ends.
    let address: String

    /// The maximum number of brackets and schemes that are removed, so that the work stays linear.
    private static let maxLayers = 8

    /// Removes brackets and schemes from a text.
    init(_ text: String) {
        var address = Self.trimmed(Self.composed(text)[...])
        for _ in 0..<Self.maxLayers {
            guard let inner = Self.inBrackets(address) ?? Self.afterScheme(address) else { break }
            address = Self.trimmed(inner)
        }
        self.address = String(address)
    }

    /// The normal form of the address, which is no telephone number.
    ///
    /// E-mail addresses are in lower case, local part included: servers that distinguish the case are unknown in
    /// practice. Any other text keeps its case.
    var normalForm: String {
        isEmailAddress ? Self.composed(Self.visible(address).lowercased()) : address
    }

    /// Whether the address is an e-mail address.
    var isEmailAddress: Bool {
        let (bytes, sign) = (address.utf8, UInt8(ascii: "@"))
        return bytes.first != sign && bytes.last != sign && bytes.contains(sign)
    }

    /// Returns the text without white space and invisible characters at its ends.
    private static func trimmed(_ text: Substring) -> Substring {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isBlank }),
            let last = scalars.lastIndex(where: { !$0.isBlank })
        else { return "" }
        return text[first..<scalars.index(after: last)]
    }

    /// Returns the content of angle brackets around the text, or around the e-mail address after a name:
    /// `Jo <jo@example.com>`.
    private static func inBrackets(_ text: Substring) -> Substring? {
        let scalars = text.unicodeScalars
        guard scalars.last == ">", let opening = scalars.firstIndex(of: "<") else { return nil }
        let inner = text[scalars.index(after: opening)..<scalars.index(before: scalars.endIndex)]
        guard !inner.isEmpty, !inner.utf8.contains(UInt8(ascii: "<")),
            opening == scalars.startIndex || inner.utf8.contains(UInt8(ascii: "@"))
        else { return nil }
        return inner
    }

    /// Returns the address in a URI, without parameters (<https://www.rfc-editor.org/rfc/rfc3966#section-3>,
    /// <https://www.rfc-editor.org/rfc/rfc5724>, <https://www.rfc-editor.org/rfc/rfc6068>).
    ///
    /// An extension (`;ext=12`) is dropped as well: a message goes to the number, not to an extension behind it.
    private static func afterScheme(_ text: Substring) -> Substring? {
        for (scheme, ends) in [("tel:", ";?"), ("sms:", ";?"), ("smsto:", ";?"), ("mailto:", "?")] {
            let start = text.utf8.prefix(scheme.utf8.count)
            guard start.map(\.lowercasedASCII) == Array(scheme.utf8) else { continue }
            let end = text.utf8[start.endIndex...].firstIndex { ends.utf8.contains($0) } ?? text.endIndex
            let address = String(text[start.endIndex..<end])
            return composed(address.removingPercentEncoding ?? address)[...]
        }
        return nil
    }

    /// Returns the text without invisible characters; the joiners U+200C and U+200D stay, since some scripts need them.
    private static func visible(_ text: String) -> String {
        let isASCII = text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        if isASCII { return text }
        let scalars = text.unicodeScalars.filter { !$0.isInvisible || $0 == "\u{200c}" || $0 == "\u{200d}" }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Returns the text in Unicode's composed form (NFC).
    private static func composed(_ text: String) -> String {
        text.utf8.allSatisfy { $0 < 0x80 } ? text : text.precomposedStringWithCanonicalMapping
    }
}
