import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// Who looks at a page, and how they see it.
struct Visitor {
    /// The key that is signed in.
    let key: APIKey
    /// What the key's organisation is called.
    let organisation: String
    /// What forms must bring.
    let formToken: String
    /// The zone in which moments are shown.
    let zone: ViewerZone
    /// Where the browser found this server.
    let origin: String

    func may(_ permission: Permission) -> Bool { key.permissions.grants(permission) }

    /// Whether the key opens a part of the console.
    func mayOpen(_ section: Section) -> Bool { section.permissions.contains(where: may) }

    /// The parts of the console, of which those are shown that the key opens.
    enum Section: String, CaseIterable {
        case sends, campaigns, webhooks, keys

        /// Any of them opens it.
        var permissions: [Permission] {
            switch self {
            case .sends: [.readSendLogs]
            case .campaigns: [.readCampaigns]
            case .webhooks: [.readWebhooks, .createWebhooks, .updateWebhooks, .deleteWebhooks]
            case .keys: [.readKeys, .createKeys, .revokeKeys]
            }
        }

        var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
        var path: String { "/console/\(rawValue)" }
    }
}
