/// A header field that a webhook adds, whose value may be a template.
public struct WebhookHeader: Equatable, Sendable {
    /// The field's name.
    public let name: String
    /// The value's template as it was written.
    public let text: String
    private let template: WebhookTemplate
    /// The longest value in bytes.
    public static let longest = 4096

    /// Names that say how the request is carried or signed, which is not a webhook's to say.
    private static let reserved: Set = [
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "keep-alive",
        "te", "trailer", "upgrade", "expect", "proxy-authorization", "proxy-connection", "idempotency-key",
        "webhook-id", "webhook-timestamp", "webhook-signature", "user-agent", "accept-encoding",
    ]

    /// Takes a name and a value.
    ///
    /// - Throws: what is wrong with them, under the path `headers.` and the name.
    init(_ name: String, _ text: String) throws(InvalidInput) {
        let path = "headers.\(name.prefix(64))"
        // A token (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
        let isToken = name.utf8.allSatisfy { byte in
            "!#$%&'*+-.^_`|~".utf8.contains(byte) || (byte.isUnreserved && byte < 0x7f)
        }
        guard !name.isEmpty, name.utf8.count <= 100, isToken else {
            throw InvalidInput(path: path, "is no name for a header: letters, digits and hyphens, at most 100")
        }
        if Self.reserved.contains(name.lowercased()) {
            throw InvalidInput(path: path, "is a header that sendlog sets itself")
        }
        guard text.utf8.count <= Self.longest else {
            throw InvalidInput(path: path, "must be at most 4,096 bytes long")
        }
        guard text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw InvalidInput(path: path, "must be of printable ASCII characters, without line breaks")
        }
        self.name = name
        self.text = text
        template = try WebhookTemplate(text, at: path)
    }

    /// The value for a send: what of it is not printable ASCII is percent-encoded, and so is the percent sign.
    func rendered(for send: WebhookSend) -> String {
        template.rendered(for: send) { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "%") }
    }

    /// How often it has the message.
    var messages: Int { template.messages }

    /// Whether it says what the campaign is called.
    var namesCampaign: Bool { template.fields.contains(.campaignName) }
}
