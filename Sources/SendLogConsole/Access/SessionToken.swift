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
        var digits: [UInt8] = []
        for _ in 0..<4 { digits.appendHex(generator.next(), digits: 16) }
        text = String(decoding: digits, as: UTF8.self)
    }

    /// Reads the token of a request.
    ///
    /// - Returns: `nil` if the text is not in the form of a token.
    init?(_ text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ $0.lowercaseHexDigitValue != nil }) else { return nil }
        self.text = text
    }

    /// The SHA-256 hash that the store keeps, 32 bytes.
    var hash: [UInt8] { SHA256.of(Array(text.utf8)) }

    /// The token in forms, which other sites cannot know (<https://owasp.org/www-community/attacks/csrf>).
    var csrfToken: String { SHA256.of(Array("form \(text)".utf8)).hex }
}
