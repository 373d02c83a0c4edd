import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogHash

/// The console's cookies.
enum Cookie: String {
    /// The ``SessionCookie`` of the signed-in user.
    case session
    /// The CSRF token of the sign-in form.
    case form
    /// The user's time zone, such as `Africa/Johannesburg`.
    case zone

    /// Returns the cookie's name for the browser of a request.
    ///
    /// With TLS it has the `__Host-` prefix, so that browsers accept it from this host only. That prefix requires the
    /// path `/`, so with a base path it is `__Secure-`
    /// (<https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes>).
    private func name(_ request: HTTPRequest) -> String {
        let prefix = request.basePath.isEmpty ? "__Host-" : "__Secure-"
        return "\(self != .zone && request.isBehindTLS ? prefix : "")sendlog_\(rawValue)"
    }

    /// Returns the cookie's value in a request.
    func value(_ request: HTTPRequest) -> String? {
        let name = name(request)
        for line in request.fields("cookie") {
            for pair in line.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                if parts.count == 2, parts[0] == name { return String(parts[1]) }
            }
        }
        return nil
    }

    /// Returns the token in the cookie.
    func token(_ request: HTTPRequest) -> SessionToken? { value(request).flatMap { SessionToken($0) } }

    /// Returns the response header that sets the cookie.
    ///
    /// - Parameters:
    ///   - value: ASCII characters without spaces, commas and semicolons
    ///   - seconds: the lifetime in seconds; 0 deletes the cookie
    ///   - request: the request that the response belongs to
    /// - Returns: the header field.
    func header(_ value: String, for seconds: Int, _ request: HTTPRequest) -> ResponseHead.Field {
        let path = request.basePath.isEmpty ? "/" : request.basePath
        // Scripts may read and set only the time zone.
        let attributes = (self == .zone ? "" : "; HttpOnly") + (request.isBehindTLS ? "; Secure" : "")
        return (
            "Set-Cookie", "\(name(request))=\(value); Path=\(path); Max-Age=\(seconds); SameSite=Strict\(attributes)"
        )
    }
}
