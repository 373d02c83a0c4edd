/// A secret that signs requests (<https://www.standardwebhooks.com>).
public struct WebhookSecret: Equatable, Sendable {
    /// The secret: `whsec_` and 24 to 64 bytes in Base64.
    public let text: String
    /// The time of creation.
    public let created: Timestamp
    /// The time from which the secret signs nothing, because another one has replaced it; `nil` for the current secret.
    public var expires: Timestamp?

    /// Creates a secret.
    public init(text: String, created: Timestamp, expires: Timestamp? = nil) {
        (self.text, self.created, self.expires) = (text, created, expires)
    }
}

extension WebhookSecret: JSONWritable {
    /// Appends the secret without its text.
    package func writeJSON(to bytes: inout [UInt8]) {
        bytes.append("{")
        bytes.appendMember("createdAt", created)
        bytes.appendMember("expiresAt", expires)
        bytes.append("}")
    }
}

extension WebhookSecret {
    /// The error message for an invalid secret.
    static let rule = "must be whsec_ followed by 24 to 64 bytes in Base64"

    /// Returns whether a text is a valid secret.
    static func isValid(_ text: String) -> Bool {
        guard text.hasPrefix("whsec_") else { return false }
        let code = text.utf8.dropFirst(6)
        let digits = code.prefix { $0 != UInt8(ascii: "=") }
        let padding = code.dropFirst(digits.count)
        let isCode = digits.allSatisfy { $0.isASCIIAlphanumeric || "+/".utf8.contains($0) }
        return isCode && padding.count <= 2 && padding.allSatisfy { $0 == UInt8(ascii: "=") } && code.count % 4 == 0
            && (24...64).contains(code.count / 4 * 3 - padding.count)
    }
}
