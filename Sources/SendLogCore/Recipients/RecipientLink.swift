/// The token of a link to a recipient: 128 random bits, which stand for the recipient in URLs.
public struct RecipientToken: Hashable, Sendable, CustomStringConvertible {
    /// The token, 32 hexadecimal digits in lower case.
    public let description: String

    /// Creates a random token.
    public static func random() -> RecipientToken {
        var generator = SystemRandomNumberGenerator()
        var digits: [UInt8] = []
        for _ in 0..<2 { digits.appendHex(generator.next(), digits: 16) }
        return RecipientToken(random: String(decoding: digits, as: UTF8.self))
    }

    /// Reads a token; `nil` if the text is not one.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ $0.lowercaseHexDigitValue != nil }) else { return nil }
        description = text
    }

    private init(random text: String) { description = text }
}

/// A link to a recipient, which an organisation's users can share until it expires.
public struct RecipientLink: Hashable, Sendable {
    /// The recipient as entered, at most ``DestinationList/maxLength`` characters.
    public let recipient: String
    /// The token of a new link.
    public let token: RecipientToken
    /// The current time.
    public let now: Timestamp
    /// When the link expires.
    public let end: Timestamp

    /// The time for which a link is valid after it was last requested, in milliseconds: 7 days.
    public static let lifetime: Int64 = 7 * 86_400_000
    /// The largest number of links of an organisation.
    public static let maxPerOrganisation = 10_000

    /// Creates a link that expires after ``lifetime``.
    public init(to recipient: String, token: RecipientToken = .random(), at now: Timestamp) {
        (self.recipient, self.token, self.now) = (recipient, token, now)
        end = now.advanced(by: Self.lifetime)
    }
}
