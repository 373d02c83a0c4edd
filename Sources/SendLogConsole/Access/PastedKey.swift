/// An API key as people paste it: with what surrounds it in a command, a configuration file or a message.
enum PastedKey {
    /// The names of headers and of the authentication scheme that may precede a key, in lower case.
    private static let prefixes = ["authorization:", "x-api-key:", "bearer"]

    /// Returns the key in a pasted text, without what no key contains: white space, line breaks, invisible characters,
    /// quotation marks, and the header and the scheme in `Authorization: Bearer slk_…`.
    ///
    /// - Returns: the rest of the text, which may still not be a key; empty if nothing is left.
    static func key(in text: String) -> String {
        var key = String(text.unicodeScalars.filter { !isInvisible($0) && !isQuote($0) })
        for prefix in prefixes where key.prefix(prefix.count).lowercased() == prefix { key.removeFirst(prefix.count) }
        return key
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        if properties.isWhitespace || properties.isDefaultIgnorableCodePoint { return true }
        return properties.generalCategory == .control || properties.generalCategory == .format
    }

    /// Returns whether a character is a quotation mark in any language, or is typed as one.
    private static func isQuote(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isQuotationMark || ["`", "´", "′", "″"].contains(scalar)
    }
}
