import SendLogCore

/// Appends IDs to a page of the console.
extension [UInt8] {
    /// The length of the longest ID that is shown whole in a table.
    private static let maxLength = 12
    /// The length of the end of a long ID that is always shown.
    private static let endLength = 6

    /// Appends an ID, which needs no escaping, as one line.
    ///
    /// The style sheet hides the middle of a long ID. The text itself is complete, so that the ID is selected, copied
    /// and read out whole; it is in the tooltip as well.
    ///
    /// - Parameters:
    ///   - id: the ID in ASCII
    ///   - what: what the script's copy button copies; `nil` for no button
    mutating func appendID(_ id: UnsafeBufferPointer<UInt8>, of what: StaticString? = nil) {
        append("<code")
        let isLong = id.count > Self.maxLength
        if isLong {
            append(" title=\"")
            append(contentsOf: id)
            append("\"")
        }
        if let what {
            append(" data-copy=\"")
            append(what)
            append("\"")
        }
        append(isLong ? "><span>" : ">")
        guard isLong else {
            append(contentsOf: id)
            append("</code>")
            return
        }
        append(contentsOf: id.dropLast(Self.endLength))
        append("</span>")
        append(contentsOf: id.suffix(Self.endLength))
        append("</code>")
    }

    /// Returns an ID in the same form, for a template.
    static func html(id text: String) -> String {
        var (text, html): (String, [UInt8]) = (text, [])
        text.withUTF8 { html.appendID($0) }
        return String(decoding: html, as: UTF8.self)
    }
}
