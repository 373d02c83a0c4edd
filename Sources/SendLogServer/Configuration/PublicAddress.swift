import SendLogCore
import SendLogNetwork

/// The settings of how browsers reach the server: the path under which a proxy publishes it, and origins of pages.
enum PublicAddress {
    /// Parses a base path.
    ///
    /// - Returns: the path; empty for `/`.
    /// - Throws: ``ConfigurationError`` that says which values are valid.
    static func basePath(_ text: String, named name: String) throws(ConfigurationError) -> String {
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

    /// Parses a list of origins, separated by commas.
    ///
    /// - Returns: the origins as browsers send them: in lower case, without the scheme's default port.
    /// - Throws: ``ConfigurationError`` that names the invalid part.
    static func origins(_ text: String, named name: String) throws(ConfigurationError) -> [String] {
        let parts = text.split(separator: ",").map { $0.filter { $0 != " " } }
        if parts == ["*"] { return parts }
        var origins: [String] = []
        for part in parts {
            guard let origin = origin(part) else {
                throw ConfigurationError(
                    "\(name) must be origins such as https://app.example.com:8443, without a path and separated by commas, or * alone for all; \(part) is invalid"
                )
            }
            origins.append(origin)
        }
        return origins
    }

    /// Parses `scheme://host`, `scheme://host:port` (<https://www.rfc-editor.org/rfc/rfc6454#section-6.2>).
    private static func origin(_ text: String) -> String? {
        let syntax =
            #/
            (?<scheme> [a-z] [a-z0-9+.\-]* ) :// (?<host> [a-z0-9._\-]+ | \[ (?<address> [0-9a-f:.]+ ) \] )
            (?: : (?<port> [0-9]+ ) )?
            /#
        guard let match = text.lowercased().wholeMatch(of: syntax) else { return nil }
        if let address = match.output.address, IPAddress(String(address)) == nil { return nil }
        let origin = "\(match.output.scheme)://\(match.output.host)"
        guard let port = match.output.port else { return origin }
        guard let number = UInt16(port), number > 0 else { return nil }
        let isDefault = ["http": 80, "https": 443][match.output.scheme] == number
        return isDefault ? origin : "\(origin):\(number)"
    }
}
