/// What a key allows: a dotted name, or `*` for everything.
///
/// A parent grants its children, never the other way round.
public struct Permission: Hashable, Sendable, CustomStringConvertible {
    /// The name, such as `sendLog.read`.
    public let description: String

    private init(known name: String) {
        description = name
    }

    /// Everything.
    public static let all = Permission(known: "*")
    /// All that concerns send logs.
    public static let sendLog = Permission(known: "sendLog")
    /// Search and read send logs.
    public static let readSendLogs = Permission(known: "sendLog.read")
    /// Record send logs.
    public static let createSendLogs = Permission(known: "sendLog.create")
    /// All that concerns campaigns.
    public static let campaign = Permission(known: "campaign")
    /// See campaigns and their names.
    public static let readCampaigns = Permission(known: "campaign.read")
    /// Name campaigns.
    public static let updateCampaigns = Permission(known: "campaign.update")
    /// All that concerns webhooks.
    public static let webhook = Permission(known: "webhook")
    /// See webhooks and their deliveries.
    public static let readWebhooks = Permission(known: "webhook.read")
    /// Make webhooks.
    public static let createWebhooks = Permission(known: "webhook.create")
    /// Change webhooks, try them, and deliver again.
    public static let updateWebhooks = Permission(known: "webhook.update")
    /// Delete webhooks.
    public static let deleteWebhooks = Permission(known: "webhook.delete")
    /// All that concerns keys.
    public static let apiKey = Permission(known: "apiKey")
    /// See which keys there are.
    public static let readKeys = Permission(known: "apiKey.read")
    /// Make keys, which allow no more than the key that makes them.
    public static let createKeys = Permission(known: "apiKey.create")
    /// Revoke keys.
    public static let revokeKeys = Permission(known: "apiKey.revoke")

    /// The permissions that mean something to this service: each child, its parent, and in the end `*`.
    public static let known = [
        readSendLogs, createSendLogs, sendLog, readCampaigns, updateCampaigns, campaign, readWebhooks, createWebhooks,
        updateWebhooks, deleteWebhooks, webhook, readKeys, createKeys, revokeKeys, apiKey, all,
    ]

    /// Takes a name: letters and digits in parts that are joined by dots, at most 64 characters, or `*`.
    ///
    /// - Returns: `nil` for what is no such name.
    public init?(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isDotted = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { Character(Unicode.Scalar($0)).isASCII && Self.isPart($0) }
        }
        guard name == "*" || isDotted && name.utf8.count <= 64 else { return nil }
        description = name
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Whether whoever has this permission may do what `wanted` names.
    public func grants(_ wanted: Permission) -> Bool {
        if self == .all || self == wanted { return true }
        let rest = wanted.description.utf8.dropFirst(description.utf8.count)
        return rest.first == UInt8(ascii: ".") && wanted.description.utf8.starts(with: description.utf8)
    }
}

extension [Permission] {
    /// Whether any of these permissions grants the wanted one.
    public func grants(_ wanted: Permission) -> Bool {
        contains { $0.grants(wanted) }
    }
}
