/// What an organisation asks to be told, and how.
public struct WebhookDefinition: Equatable, Sendable {
    /// What people call it; may be empty.
    public var name: String
    /// Where it goes.
    public var url: WebhookURL
    /// How it is asked.
    public var method: Method
    /// The campaigns whose sends are told; empty for all.
    public var campaigns: [CampaignID]
    /// What else stands in the request's head, in order.
    public var headers: [WebhookHeader]
    /// The body's template; `nil` where none is sent.
    public var body: WebhookBody?
    /// Whether the body's top-level members are query parameters, and no body is sent.
    public var encodesIntoURL: Bool
    /// Whether sends are told at all.
    public var isActive: Bool

    /// How a receiver is asked.
    public enum Method: String, Sendable, CaseIterable {
        case post = "POST"
        case get = "GET"
    }

    /// The most webhooks that an organisation may have.
    public static let most = 100
    /// The most campaigns that one names.
    public static let mostCampaigns = 1000
    /// The most headers that one adds.
    public static let mostHeaders = 20
    /// How often a URL, a header or a body has the message at most.
    public static let mostMessages = 4
    /// The longest name in characters.
    public static let longestName = 100

    /// Makes a definition of its parts, which the reader of JSON has looked at.
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

    /// Whether a rendering depends on what the campaign is called.
    public var namesCampaign: Bool {
        url.namesCampaign || body?.namesCampaign == true || headers.contains { $0.namesCampaign }
    }

    /// What is sent of a send: it stays the same in every attempt, as long as nobody changes the webhook or names the campaign.
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

    /// Appends the members of the definition as JSON, with commas between them.
    public func writeMembers(to bytes: inout [UInt8]) {
        bytes.append("\"name\":")
        bytes.appendJSON(name)
        bytes.append(",\"url\":")
        bytes.appendJSON(url.text)
        bytes.append(",\"method\":")
        bytes.appendJSON(method.rawValue)
        bytes.append(",\"campaign_id\":[")
        for (place, campaign) in campaigns.enumerated() {
            if place > 0 { bytes.append(",") }
            bytes.appendJSON(campaign.text)
        }
        bytes.append("],\"headers\":{")
        for (place, header) in headers.enumerated() {
            if place > 0 { bytes.append(",") }
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

/// A request as a receiver gets it, but for what signs it.
public struct WebhookRequest: Sendable {
    /// How the receiver is asked.
    public let method: WebhookDefinition.Method
    /// `http` or `https`.
    public let scheme: String
    /// The host to connect to: a name in lower case, or an address, of IPv6 without its brackets.
    public let host: String
    /// The port to connect to.
    public let port: Int
    /// The value of the `Host` field.
    public let hostField: String
    /// The whole URL, in ASCII.
    public let url: String
    /// What the request line has of the URL: path and query, in ASCII.
    public let target: String
    /// Header fields that the webhook adds, in printable ASCII.
    public let headers: [(name: String, value: String)]
    /// The JSON body; empty for none.
    public let body: [UInt8]
}
