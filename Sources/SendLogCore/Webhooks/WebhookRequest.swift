/// A request to a receiver, without the signature.
public struct WebhookRequest: Sendable {
    /// The request method.
    public let method: WebhookDefinition.Method
    /// `http` or `https`.
    public let scheme: String
    /// The host to connect to: a name in lower case, or an IP address; an IPv6 address is without its brackets.
    public let host: String
    /// The port to connect to.
    public let port: Int
    /// The value of the `Host` header.
    public let hostField: String
    /// The whole URL, in ASCII.
    public let url: String
    /// The request target: path and query, in ASCII.
    public let target: String
    /// The additional headers, in printable ASCII.
    public let headers: [(name: String, value: String)]
    /// The JSON body; empty if none is sent.
    public let body: [UInt8]

    /// Renders the request for a send, the same in every attempt unless the webhook or the campaign's name changes.
    public init(_ definition: WebhookDefinition, for send: WebhookSend) {
        let json = definition.body?.rendered(for: send)
        let query = definition.encodesIntoURL ? json.map { WebhookURL.query(of: $0) } : nil
        method = definition.method
        (scheme, host, port) = (definition.url.scheme, definition.url.host, definition.url.port)
        hostField = definition.url.hostField
        (url, target) = definition.url.rendered(for: send, query: query)
        headers = definition.headers.map { ($0.name, $0.rendered(for: send)) }
        body = definition.encodesIntoURL || definition.method == .get ? [] : json ?? []
    }
}
