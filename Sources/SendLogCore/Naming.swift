/// Formatting of texts that clients sent, for error messages.
package enum Naming {
    /// Returns a text that a message can show: truncated, with quotes, backslashes and invisible characters escaped.
    ///
    /// Escapes are those of JSON (`\"`, `\n`, `\u202e`), so that no text ends its quotation, moves the cursor of a
    /// terminal, or reads differently from what was sent.
    ///
    /// - Parameters:
    ///   - text: the text of the client
    ///   - maxLength: the number of characters (Unicode scalars) beyond which the text is truncated with an ellipsis
    /// - Returns: the text, without quotes.
    package static func shown(_ text: some StringProtocol, maxLength: Int = 40) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: maxLength, limitedBy: scalars.endIndex) else {
            return escaped(scalars)
        }
        return escaped(scalars[..<end]) + (end < scalars.endIndex ? "…" : "")
    }

    /// Returns a text in quotes as ``shown(_:maxLength:)`` writes it.
    package static func quoted(_ text: some StringProtocol) -> String { "\"\(shown(text))\"" }

    /// Returns a name as a part of the path of an issue.
    package static func path(_ name: some StringProtocol) -> String { shown(name, maxLength: 64) }

    /// Returns the error message for an unknown name of a kind, such as a field.
    package static func unknown(_ name: String, known: [String], kind: String = "field") -> String {
        let fault = "is not a known \(kind)"
        if known.isEmpty { return "\(fault); there are no known \(kind)s" }
        if let nearest = NearestName.to(name, among: known) { return "\(fault); did you mean \(quoted(nearest))?" }
        return "\(fault); the known \(kind)s are \(known.map { quoted($0) }.joined(separator: ", "))"
    }

    private static func escaped(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var shown = ""
        for scalar in scalars {
            switch scalar {
            case "\"", "\\": shown += "\\\(scalar)"
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\t": shown += "\\t"
            case _ where scalar != " " && isInvisible(scalar): shown += escape(scalar)
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    /// Returns the escape of a character: one UTF-16 code unit in four hex digits, or two of them.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        var bytes: [UInt8] = []
        for unit in String(scalar).utf16 {
            bytes.append("\\u")
            bytes.appendHex(UInt64(unit), digits: 4)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
