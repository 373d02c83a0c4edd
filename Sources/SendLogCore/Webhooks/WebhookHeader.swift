/// An additional request header of a webhook, whose value is a template.
public struct WebhookHeader: Equatable, Sendable {
    /// The header's name.
    public let name: String
    /// The template of the value as the user wrote it.
    public let text: String
    private let template: WebhookTemplate
    /// The maximum length of a value's template in bytes.
    public static let maxLength = 4096

    /// Names of headers that control the connection, the content or the signature; only the server sets them.
    private static let reserved: Set = [
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "keep-alive",
        "te", "trailer", "upgrade", "expect", "proxy-authorization", "proxy-connection", "idempotency-key",
        "webhook-id", "webhook-timestamp", "webhook-signature", "user-agent", "accept-encoding",
    ]

    /// Parses a name and a value.
    ///
    /// - Throws: ``InvalidInput`` with the path `headers.` and the name.
    init(_ name: String, _ text: String) throws(InvalidInput) {
        let path = "headers.\(Naming.path(name))"
        // The name is a token (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
        let isToken = name.utf8.allSatisfy { byte in
            byte.isASCIIAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
        guard !name.isEmpty, name.utf8.count <= 100, isToken else {
            throw InvalidInput(path: path, "is not a valid header name; use 1 to 100 letters, digits and hyphens")
        }
        if Self.reserved.contains(name.lowercased()) {
            throw InvalidInput(path: path, "is a header that sendlog sets itself; remove it")
        }
        guard text.utf8.count <= Self.maxLength else {
            throw InvalidInput(path: path, "must be at most 4,096 bytes long")
        }
        guard text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw InvalidInput(path: path, "must have printable ASCII characters only, without line breaks")
        }
        self.name = name
        self.text = text
        template = try WebhookTemplate(text, at: path)
    }

    /// Renders the value for a send; in fields, `%` and all bytes that are not printable ASCII are percent-encoded.
    func rendered(for send: WebhookSend) -> String {
        template.rendered(for: send) { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "%") }
    }

    /// The number of `{{send.message}}` fields.
    var messageCount: Int { template.messageCount }

    /// Whether the value has a `{{campaign.name}}` field.
    var usesCampaignName: Bool { template.fields.contains(.campaignName) }
}
