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

    /// Whether the request depends on the campaign's name.
    public var usesCampaignName: Bool {
        url.usesCampaignName || body?.usesCampaignName == true || headers.contains { $0.usesCampaignName }
    }

    /// Appends the members of the definition to a JSON object.
    func writeMembers(to bytes: inout [UInt8]) {
        bytes.appendMember("name", name)
        bytes.appendMember("url", url.text)
        bytes.appendMember("method", method.rawValue)
        bytes.appendMember("campaign_id", campaigns.isEmpty ? nil : campaigns.map(\.text))
        bytes.append(",\"headers\":{")
        for header in headers { bytes.appendMember(header.name, header.text) }
        bytes.append("}")
        bytes.appendMember("body", body?.text)
        bytes.appendMember("encodeIntoUrl", encodesIntoURL)
        bytes.appendMember("active", isActive)
    }
}
