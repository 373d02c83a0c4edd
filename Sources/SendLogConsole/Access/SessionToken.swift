import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogHash

/// The secret of a session, 256 random bits, which the browser keeps in a cookie.
///
/// The store keeps only its hash.
struct SessionToken: Sendable {
    /// The token, 64 hexadecimal digits.
    let text: String

    /// Creates a random token.
    init() {
        var generator = SystemRandomNumberGenerator()
        text = (0..<4).map { _ in Self.hexadecimal(generator.next()) }.joined()
    }

    /// Reads the token of a request.
    ///
    /// - Returns: `nil` if the text is not in the form of a token.
    init?(_ text: String) {
        guard text.utf8.count == 64,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.text = text
    }

    /// The SHA-256 hash that the store keeps, 32 bytes.
    var hash: [UInt8] { SHA256.of(Array(text.utf8)) }

    /// The token in forms, which other sites cannot know (<https://owasp.org/www-community/attacks/csrf>).
    var csrfToken: String { SHA256.of(Array("form \(text)".utf8)).map { Self.byte($0) }.joined() }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func byte(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}

/// The console's cookies.
enum Cookie: String {
    /// The ``SessionToken`` of the signed-in user.
    case session
    /// The CSRF token of the sign-in form.
    case form
    /// The user's time zone, such as `Africa/Johannesburg`.
    case zone

    /// Returns the cookie's name.
    ///
    /// With TLS it has the `__Host-` prefix, so that browsers accept it from this host only
    /// (<https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix>).
    func name(isSecure: Bool) -> String {
        self == .zone ? "sendlog_zone" : isSecure ? "__Host-sendlog_\(rawValue)" : "sendlog_\(rawValue)"
    }

    /// Returns the cookie's value in a request.
    func value(_ request: HTTPRequest) -> String? {
        let name = name(isSecure: request.isBehindTLS)
        for line in request.fields("cookie") {
            for pair in line.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                if parts.count == 2, parts[0] == name { return String(parts[1]) }
            }
        }
        return nil
    }

    /// Returns the response header that sets the cookie.
    ///
    /// - Parameters:
    ///   - value: ASCII characters without spaces, commas and semicolons
    ///   - seconds: the lifetime in seconds; 0 deletes the cookie
    ///   - request: the request that the response belongs to
    /// - Returns: the header field.
    func header(_ value: String, for seconds: Int, _ request: HTTPRequest) -> ResponseHead.Field {
        let isSecure = request.isBehindTLS
        // Scripts may read and set only the time zone.
        let attributes = (self == .zone ? "" : "; HttpOnly") + (isSecure ? "; Secure" : "")
        return (
            "Set-Cookie",
            "\(name(isSecure: isSecure))=\(value); Path=/; Max-Age=\(seconds); SameSite=Strict\(attributes)"
        )
    }
}

extension HTTPRequest {
    /// Whether the browser uses TLS, according to the reverse proxy.
    var isBehindTLS: Bool {
        field("x-forwarded-proto")?.split(separator: ",").first?.lowercased() == "https"
    }

    /// The path and query of the page of this server that linked here; `nil` for none.
    var referrer: String? {
        let referrer = field("referer") ?? ""
        return referrer.hasPrefix("\(origin)/") ? String(referrer.dropFirst(origin.count)) : nil
    }

    /// The origin at which the browser reaches this server, such as `https://sendlog.example`.
    var origin: String {
        let host = field("host") ?? ""
        let isPlain = host.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                || ".-:[]".utf8.contains(byte)
        }
        return "\(isBehindTLS ? "https" : "http")://\(isPlain && !host.isEmpty ? host : "localhost:8080")"
    }
}
