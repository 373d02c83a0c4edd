import SendLogCore

/// The setting of the path under which a proxy publishes the server.
enum BasePathSetting {
    /// Parses a base path.
    ///
    /// - Returns: the path; empty for `/`.
    /// - Throws: ``ConfigurationError`` that says which values are valid.
    static func parse(_ text: String, named name: String) throws(ConfigurationError) -> String {
        if text == "/" { return "" }
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        let isValid = segments.dropFirst().allSatisfy { segment in
            // The unreserved characters (https://www.rfc-editor.org/rfc/rfc3986#section-2.3), which no proxy encodes.
            !["", ".", ".."].contains(segment)
                && segment.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._~".utf8.contains($0) }
        }
        guard segments.count > 1, segments[0].isEmpty, isValid else {
            throw ConfigurationError(
                "\(name) must be a path such as /sendlog: with / before each part and not at the end, of letters, digits and -._~ only; not \(text)"
            )
        }
        return text
    }
}
