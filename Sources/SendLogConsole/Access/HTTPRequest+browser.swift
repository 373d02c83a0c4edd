import SendLogCore
import SendLogHTTP

/// Reads the public address, the use of TLS and the referring page from a browser's request.
extension HTTPRequest {
    /// Whether the browser uses TLS, according to the reverse proxy, the first one if there are several.
    ///
    /// Any client can send this header, so it decides only on the client's own cookies and links. Browsers do not let
    /// another site set it.
    var isBehindTLS: Bool {
        field("x-forwarded-proto")?.split { $0 == "," || $0.isWhitespace }.first?.lowercased() == "https"
    }

    /// The path and query, without the base path.
    var target: String { query.map { "\(path)?\($0)" } ?? String(path) }

    /// The path and query of the page of this server that linked here, without the base path; `nil` for none.
    var referrer: String? {
        let (referrer, address) = (field("referer") ?? "", publicAddress)
        return referrer.hasPrefix("\(address)/") ? String(referrer.dropFirst(address.count)) : nil
    }

    /// The address at which the browser reaches this server, such as `https://example.com/sendlog`, without a slash at
    /// its end.
    var publicAddress: String {
        let host = field("host") ?? ""
        let isPlain = host.utf8.allSatisfy { $0.isASCIIAlphanumeric || ".-:[]".utf8.contains($0) }
        return "\(isBehindTLS ? "https" : "http")://\(isPlain && !host.isEmpty ? host : "localhost:8080")\(basePath)"
    }
}
