import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The permissions of a key as a tree: a parent grants its children.
struct PermissionTree {
    /// The signed-in user's key, which can only grant its own permissions.
    let key: APIKey
    /// The names of the selected permissions.
    let chosen: Set<String>

    private static let meanings = [
        "sendLog": "all actions on send logs", "sendLog.read": "search, read and export send logs",
        "sendLog.create": "record send logs", "campaign": "all actions on campaigns",
        "campaign.read": "view campaigns and their names", "campaign.update": "set the names of campaigns",
        "webhook": "all actions on webhooks", "webhook.read": "view webhooks and their deliveries",
        "webhook.create": "create webhooks", "webhook.update": "change and test webhooks, redeliver",
        "webhook.delete": "delete webhooks", "apiKey": "all actions on keys", "apiKey.read": "list keys",
        "apiKey.create": "create keys", "apiKey.revoke": "revoke keys", "*": "everything",
    ]

    /// The values for the template: all permissions at the root, parents below it, children below the parents.
    var values: [String: Any] {
        var all = node(.all)
        let parents = Permission.known.filter { $0 != .all && !$0.description.contains(".") }
        all["children"] = parents.map { parent in
            var node = node(parent)
            let children = Permission.known.filter { $0 != parent && $0 != .all && parent.grants($0) }
            node["children"] = children.map(self.node)
            return node
        }
        return all
    }

    private func node(_ permission: Permission) -> [String: Any] {
        let name = permission.description
        return [
            "name": name, "meaning": Self.meanings[name] ?? "", "checked": chosen.contains(name) ? "checked" : "",
            "disabled": key.permissions.grants(permission) ? "" : "disabled",
        ]
    }
}
