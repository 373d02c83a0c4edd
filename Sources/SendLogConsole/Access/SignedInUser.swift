import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The signed-in user, with the settings of the browser.
struct SignedInUser {
    /// The API key that the user signed in with.
    let key: APIKey
    /// The name of the key's organisation.
    let organisation: String
    /// The CSRF token that forms must contain.
    let csrfToken: String
    /// The time zone in which times are shown.
    let zone: UserTimeZone
    /// The address at which the browser reaches this server; see ``HTTPRequest/publicAddress``.
    let serverAddress: String

    func may(_ permission: Permission) -> Bool { key.permissions.grants(permission) }

    /// The sections of the console that the key may open.
    var sections: [Section] { Section.allCases.filter { $0.permissions.contains(where: may) } }

    /// A section of the console; the navigation shows those that the key may open.
    enum Section: String, CaseIterable {
        case sends, campaigns, webhooks, keys

        /// The permissions of which any one opens the section.
        var permissions: [Permission] {
            switch self {
            case .sends: [.readSendLogs]
            case .campaigns: [.readCampaigns]
            case .webhooks: [.readWebhooks, .createWebhooks, .updateWebhooks, .deleteWebhooks]
            case .keys: [.readKeys, .createKeys, .revokeKeys]
            }
        }

        var title: String {
            switch self {
            case .sends: "Sends Report"
            case .campaigns: "Campaigns Report"
            case .webhooks: "Webhooks"
            case .keys: "Keys"
            }
        }
        var path: String { "/console/\(rawValue)" }
    }
}
