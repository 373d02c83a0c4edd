import SendLogCore

/// Adds the base path to the links of a page.
extension [UInt8] {
    /// The beginnings of attributes whose values are paths of this server, or other URLs.
    private static let linkAttributes = [
        " href=\"", " src=\"", " action=\"", " formaction=\"", " data-suggest=\"", " data-preview=\"",
    ].map { Array($0.utf8) }

    /// Returns this HTML with a base path before each path in a link, a form or an attribute for the script.
    ///
    /// Templates and code write paths without the base path, and every page and fragment passes through here, so no
    /// link can lack it. No text can be mistaken for an attribute, because quotes of texts are escaped.
    func withLinks(below basePath: String) -> [UInt8] {
        guard !basePath.isEmpty else { return self }
        var html: [UInt8] = []
        html.reserveCapacity(count + count / 8)
        var copied = 0
        for offset in indices.dropFirst(2)
        where self[offset] == UInt8(ascii: "/") && self[offset - 1] == UInt8(ascii: "\"")
            && self[offset - 2] == UInt8(ascii: "=")
        {
            let isLink = Self.linkAttributes.contains { self[..<offset].suffix($0.count).elementsEqual($0) }
            guard isLink else { continue }
            html += self[copied..<offset]
            html += basePath.utf8
            copied = offset
        }
        html += self[copied...]
        return html
    }
}
