import SendLogCore
import SendLogHTTP

/// Reads the origin, the use of TLS and the referring page from a browser's request.
extension HTTPRequest {
    /// Whether the browser uses TLS, according to the reverse proxy.
    var isBehindTLS: Bool { field("x-forwarded-proto")?.split(separator: ",").first?.lowercased() == "https" }

    /// The path and query.
    var target: String { query.map { "\(path)?\($0)" } ?? String(path) }

    /// The path and query of the page of this server that linked here; `nil` for none.
    var referrer: String? {
        let referrer = field("referer") ?? ""
        return referrer.hasPrefix("\(origin)/") ? String(referrer.dropFirst(origin.count)) : nil
    }

    /// The origin at which the browser reaches this server, such as `https://sendlog.example`.
    var origin: String {
        let host = field("host") ?? ""
        let isPlain = host.utf8.allSatisfy { $0.isASCIIAlphanumeric || ".-:[]".utf8.contains($0) }
        return "\(isBehindTLS ? "https" : "http")://\(isPlain && !host.isEmpty ? host : "localhost:8080")"
    }
}
