/// The settings of a webhook: the sends that it delivers, and the request that it makes.
public struct WebhookDefinition: Equatable, Sendable {
    /// The display name; may be empty.
    public var name: String
    /// The template of the receiver's URL.
    public var url: WebhookURL
    /// The request method.
    public var method: Method
    /// The campaigns whose sends are delivered; empty for all.
    public var campaigns: [CampaignID]
    /// The additional request headers, in order.
    public var headers: [WebhookHeader]
    /// The template of the body; `nil` if no body is sent.
    public var body: WebhookBody?
    /// Whether the body's top-level members become query parameters, and no body is sent.
    public var encodesIntoURL: Bool
    /// Whether the webhook delivers sends.
    public var isActive: Bool

    /// The methods that a request can have.
    public enum Method: String, Sendable, CaseIterable {
        case post = "POST"
        case get = "GET"
    }

    /// The maximum number of webhooks of an organisation.
    public static let maxPerOrganisation = 100
    /// The maximum number of campaigns that a webhook can be limited to.
    public static let maxCampaigns = 1000
    /// The maximum number of additional headers.
    public static let maxHeaders = 20
    /// The maximum number of `{{send.message}}` fields in a URL, in a header, or in a body.
    public static let maxMessageCount = 4
    /// The maximum length of a name in characters.
    public static let maxNameLength = 100

    /// Creates a definition from members that ``WebhookInput`` has validated.
    init(
        name: String,
        url: WebhookURL,
        method: Method,
        campaigns: [CampaignID],
        headers: [WebhookHeader],
        body: WebhookBody?,
        encodesIntoURL: Bool,
        isActive: Bool
    ) {
        self.name = name
        self.url = url
        self.method = method
        self.campaigns = campaigns
        self.headers = headers
        self.body = body
        self.encodesIntoURL = encodesIntoURL
        self.isActive = isActive
    }

    /// Whether the request depends on the campaign's name.
    public var usesCampaignName: Bool {
        url.usesCampaignName || body?.usesCampaignName == true || headers.contains { $0.usesCampaignName }
    }

    /// Renders the request for a send.
    ///
    /// It is the same in every attempt unless the webhook or the campaign's name changes.
    public func request(for send: WebhookSend) -> WebhookRequest {
        let json = body?.rendered(for: send)
        let query = encodesIntoURL ? json.map { WebhookURL.query(of: $0) } : nil
        let (url, target) = url.rendered(for: send, query: query)
        return WebhookRequest(
            method: method,
            scheme: self.url.scheme,
            host: self.url.host,
            port: self.url.port,
            hostField: self.url.hostField,
            url: url,
            target: target,
            headers: headers.map { ($0.name, $0.rendered(for: send)) },
            body: encodesIntoURL || method == .get ? [] : json ?? []
        )
    }

    /// Appends the members of the definition as JSON, separated by commas.
    public func writeMembers(to bytes: inout [UInt8]) {
        bytes.append("\"name\":")
        bytes.appendJSON(name)
        bytes.append(",\"url\":")
        bytes.appendJSON(url.text)
        bytes.append(",\"method\":")
        bytes.appendJSON(method.rawValue)
        bytes.append(",\"campaign_id\":[")
        for (index, campaign) in campaigns.enumerated() {
            if index > 0 { bytes.append(",") }
            bytes.appendJSON(campaign.text)
        }
        bytes.append("],\"headers\":{")
        for (index, header) in headers.enumerated() {
            if index > 0 { bytes.append(",") }
            bytes.appendJSON(header.name)
            bytes.append(":")
            bytes.appendJSON(header.text)
        }
        bytes.append("},\"body\":")
        if let body { bytes.appendJSON(body.text) } else { bytes.append("null") }
        bytes.append(encodesIntoURL ? ",\"encodeIntoUrl\":true" : ",\"encodeIntoUrl\":false")
        bytes.append(isActive ? ",\"active\":true" : ",\"active\":false")
    }
}

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
}
