import SendLogCore
import SendLogNetwork

/// The setting of the origins whose pages may use the API.
enum AllowedOriginsSetting {
    /// Parses a list of origins, separated by commas.
    ///
    /// - Returns: the origins as browsers send them: in lower case, without the scheme's default port.
    /// - Throws: ``ConfigurationError`` that names the invalid part.
    static func parse(_ text: String, named name: String) throws(ConfigurationError) -> [String] {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        if parts == ["*"] { return parts }
        var origins: [String] = []
        for part in parts {
            guard let origin = origin(part) else {
                let rule =
                    "origins such as https://app.example.com:8443, without a path and separated by commas, or * alone for all"
                throw .item(part, of: name, rule: rule)
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
