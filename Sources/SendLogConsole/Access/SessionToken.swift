import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogHash

/// The secret that a browser holds while somebody is signed in: 256 random bits.
///
/// The store knows its hash alone.
struct SessionToken: Sendable {
    /// The token, 64 hexadecimal digits.
    let text: String

    /// Makes a token that nobody can guess.
    init() {
        var generator = SystemRandomNumberGenerator()
        text = (0..<4).map { _ in Self.hexadecimal(generator.next()) }.joined()
    }

    /// Takes what a browser sent.
    ///
    /// - Returns: `nil` for what no token looks like.
    init?(_ text: String) {
        guard text.utf8.count == 64,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.text = text
    }

    /// What the store keeps: SHA-256, 32 bytes.
    var hash: [UInt8] { SHA256.of(Array(text.utf8)) }

    /// What forms must bring, which no other site can know (<https://owasp.org/www-community/attacks/csrf>).
    var formToken: String { SHA256.of(Array("form \(text)".utf8)).map { Self.byte($0) }.joined() }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func byte(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}

/// A cookie of the console's.
enum Cookie: String {
    /// Holds the ``SessionToken`` of who is signed in.
    case session
    /// Holds a token for the form by which to sign in.
    case form
    /// Holds the viewer's time zone, such as `Africa/Johannesburg`.
    case zone

    /// The name: behind TLS one that browsers take from this very host alone
    /// (<https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix>).
    func name(isSecure: Bool) -> String {
        self == .zone ? "sendlog_zone" : isSecure ? "__Host-sendlog_\(rawValue)" : "sendlog_\(rawValue)"
    }

    /// The value that a request brings.
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

    /// The header that sets it.
    ///
    /// - Parameters:
    ///   - value: plain characters without blanks, commas and semicolons
    ///   - seconds: for how long; 0 takes it away
    ///   - request: what is answered
    /// - Returns: the field.
    func header(_ value: String, for seconds: Int, _ request: HTTPRequest) -> AnswerHead.Field {
        let isSecure = request.isBehindTLS
        // Scripts may see, and set, nothing but the time zone.
        let guards = (self == .zone ? "" : "; HttpOnly") + (isSecure ? "; Secure" : "")
        return (
            "Set-Cookie",
            "\(name(isSecure: isSecure))=\(value); Path=/; Max-Age=\(seconds); SameSite=Strict\(guards)"
        )
    }
}

extension HTTPRequest {
    /// Whether the browser speaks TLS with what stands before this server.
    var isBehindTLS: Bool {
        field("x-forwarded-proto")?.split(separator: ",").first?.lowercased() == "https"
    }

    /// The page of this server that led here, path and query; `nil` for none.
    var referrer: String? {
        let referrer = field("referer") ?? ""
        return referrer.hasPrefix("\(origin)/") ? String(referrer.dropFirst(origin.count)) : nil
    }

    /// Where the browser found this server, such as `https://sendlog.example`.
    var origin: String {
        let host = field("host") ?? ""
        let isPlain = host.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                || ".-:[]".utf8.contains(byte)
        }
        return "\(isBehindTLS ? "https" : "http")://\(isPlain && !host.isEmpty ? host : "localhost:8080")"
    }
}
