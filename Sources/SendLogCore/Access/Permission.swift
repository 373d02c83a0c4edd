/// A permission of a key: a dotted name, or `*` for everything.
///
/// A parent such as `sendLog` grants its children such as `sendLog.read`; a child does not grant its parent.
public struct Permission: Hashable, Sendable, CustomStringConvertible {
    /// The name, such as `sendLog.read`.
    public let description: String

    private init(known name: String) {
        description = name
    }

    /// Everything.
    public static let all = Permission(known: "*")
    /// All operations on send logs.
    public static let sendLog = Permission(known: "sendLog")
    /// Searching and reading send logs.
    public static let readSendLogs = Permission(known: "sendLog.read")
    /// Recording send logs.
    public static let createSendLogs = Permission(known: "sendLog.create")
    /// All operations on campaigns.
    public static let campaign = Permission(known: "campaign")
    /// Reading campaigns and their names.
    public static let readCampaigns = Permission(known: "campaign.read")
    /// Naming campaigns.
    public static let updateCampaigns = Permission(known: "campaign.update")
    /// All operations on webhooks.
    public static let webhook = Permission(known: "webhook")
    /// Reading webhooks and their deliveries.
    public static let readWebhooks = Permission(known: "webhook.read")
    /// Creating webhooks.
    public static let createWebhooks = Permission(known: "webhook.create")
    /// Updating and testing webhooks, and redelivering.
    public static let updateWebhooks = Permission(known: "webhook.update")
    /// Deleting webhooks.
    public static let deleteWebhooks = Permission(known: "webhook.delete")
    /// All operations on API keys.
    public static let apiKey = Permission(known: "apiKey")
    /// Listing API keys.
    public static let readKeys = Permission(known: "apiKey.read")
    /// Creating API keys, with no more permissions than the key that creates them.
    public static let createKeys = Permission(known: "apiKey.create")
    /// Revoking API keys.
    public static let revokeKeys = Permission(known: "apiKey.revoke")

    /// The permissions that this service uses: the children and then the parent of each group, and `*` at the end.
    public static let known = [
        readSendLogs, createSendLogs, sendLog, readCampaigns, updateCampaigns, campaign, readWebhooks, createWebhooks,
        updateWebhooks, deleteWebhooks, webhook, readKeys, createKeys, revokeKeys, apiKey, all,
    ]

    /// Creates a permission from `*` or a dotted name of letters and digits, at most 64 characters; otherwise `nil`.
    public init?(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isDotted = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(\.isASCIIAlphanumeric) }
        guard name == "*" || isDotted && name.utf8.count <= 64 else { return nil }
        description = name
    }

    /// Returns whether this permission includes `requested`.
    public func grants(_ requested: Permission) -> Bool {
        if self == .all || self == requested { return true }
        let rest = requested.description.utf8.dropFirst(description.utf8.count)
        return rest.first == UInt8(ascii: ".") && requested.description.utf8.starts(with: description.utf8)
    }
}

extension [Permission] {
    /// The stored format: the names, separated by spaces.
    public var stored: String { map(\.description).joined(separator: " ") }

    /// Reads the stored format; leaves out what is not a permission.
    public init(stored text: String) { self = text.split(separator: " ").compactMap { Permission(String($0)) } }

    /// Returns whether any of these permissions includes `requested`.
    public func grants(_ requested: Permission) -> Bool {
        contains { $0.grants(requested) }
    }
}
