import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The keys of the organisation: which there are, new ones, and ends of old ones.
struct KeysPage: Sendable {
    let store: any Store
    let authenticator: Authenticator
    let front: ConsoleFront

    var routes: [Route] {
        [
            Route(.GET, "/console/keys", isOpen: false, front: front) { input in
                let visitor = try await front.visitor(input)
                guard visitor.mayOpen(.keys) else { throw APIError.permissionDenied(.readKeys) }
                return try await show(input)
            },
            Route(
                .POST,
                "/console/keys",
                permission: .createKeys,
                front: front,
                longestBody: SignIn.longestForm,
                handle: create
            ),
            Route(
                .POST,
                "/console/keys/:key_id/revoke",
                permission: .revokeKeys,
                front: front,
                longestBody: SignIn.longestForm,
                handle: revoke
            ),
        ]
    }

    /// What somebody entered who wants a key.
    private struct Wish {
        var name = ""
        var permissions: Set<String> = []
        var expires = ""
    }

    private func show(
        _ input: RouteInput,
        made: (key: APIKey, text: KeyText)? = nil,
        problems: [String] = [],
        wish: Wish = Wish()
    ) async throws -> Answer {
        let visitor = try await front.visitor(input)
        var values: [String: Any] = [
            "may-create": visitor.may(.createKeys), "may-revoke": visitor.may(.revokeKeys),
            "may-list": visitor.may(.readKeys), "zone": visitor.zone.name, "wish-name": wish.name,
            "wish-expires": wish.expires, "tree": PermissionTree(of: visitor.key, chosen: wish.permissions).values,
        ]
        if visitor.may(.readKeys) {
            let keys = try await store.keys(in: input.organisation())
            values["keys"] = keys.reversed().map { Self.values($0, visitor, at: input.now) }
        }
        if !problems.isEmpty { values["problems"] = problems }
        if let made {
            values["made"] = [
                "id": "\(made.key.id)", "text": made.text.text,
                "name": made.key.name, "permissions": made.key.permissions.map(\.description).joined(separator: ", "),
            ]
        }
        return front.pages.answer(
            "keys",
            title: "Keys",
            to: input.request,
            visitor: visitor,
            section: .keys,
            status: problems.isEmpty ? .ok : .badRequest,
            values
        )
    }

    private static func values(_ key: APIKey, _ visitor: Visitor, at now: Timestamp) -> [String: Any] {
        let state = key.revoked != nil ? "revoked" : key.isValid(at: now) ? "valid" : "expired"
        var values: [String: Any] = [
            "id": "\(key.id)", "name": key.name.isEmpty ? "unnamed" : StoredText.html(key.name), "state": state,
            "permissions": key.permissions.map { ["name": $0.description] },
            "created": visitor.zone.text(key.created), "own": key.id == visitor.key.id,
            "last-used": key.lastUsed.map { visitor.zone.text($0) } ?? "never",
            "revocable": visitor.may(.revokeKeys) && key.revoked == nil,
        ]
        values["expires"] = key.expires.map { visitor.zone.text($0) } ?? "never"
        values["revoked"] = key.revoked.map { visitor.zone.text($0) }
        return values
    }

    @Sendable private func create(_ input: RouteInput) async throws -> Answer {
        let visitor = try await front.visitor(input)
        let form = try await Form(input, of: visitor)
        let wish = Wish(name: form["name"], permissions: Set(form.all("permission")), expires: form["expires"])
        var problems: [String] = []
        let name = wish.name.trimmingCharacters(in: .whitespaces)
        if !NewAPIKey.accepts(name: name) { problems.append("The name \(NewAPIKey.nameRule).") }
        let permissions = Permission.known.filter { wish.permissions.contains($0.description) }
        if permissions.isEmpty { problems.append("Choose at least one permission: a key without any opens nothing.") }
        for permission in permissions where !visitor.may(permission) {
            problems.append("Your key does not have \(permission), and so cannot give it to another.")
        }
        let expires = wish.expires.isEmpty ? nil : LocalMoment(wish.expires, isEnd: false).moment(in: visitor.zone)
        if !wish.expires.isEmpty, expires == nil {
            problems.append("“\(wish.expires.prefix(40))” is no date: enter one such as 2027-01-31.")
        } else if let expires, expires <= input.now {
            problems.append("The date on which the key expires must lie ahead.")
        }
        if let own = visitor.key.expires, expires ?? .latest > own {
            problems.append(
                "Your key expires on \(visitor.zone.text(own)); the new one must expire no later. Choose a date."
            )
        }
        guard problems.isEmpty else { return try await show(input, problems: problems, wish: wish) }
        let text = KeyText.random()
        // What a parent grants need not be said again.
        let least = permissions.filter { permission in
            !permissions.contains { $0 != permission && $0.grants(permission) }
        }
        let new = NewAPIKey(name: name, permissions: least, expires: expires)
        let key = try await store.createKey(new, hash: text.hash, in: input.organisation(), at: input.now)
        return try await show(input, made: (key, text))
    }

    @Sendable private func revoke(_ input: RouteInput) async throws -> Answer {
        let visitor = try await front.visitor(input)
        _ = try await Form(input, of: visitor)
        let missing = APIError.notFound("there is no key \(input.parameter.prefix(40)) in this organisation")
        guard let id = APIKeyID(input.parameter) else { throw missing }
        let organisation = try input.organisation()
        do throws(StoreError) { _ = try await authenticator.revoke(id, in: organisation, at: input.now) } catch {
            throw missing.ifNotFound(error)
        }
        return Pages.redirect(to: id == visitor.key.id ? "/console/sign-in" : "/console/keys")
    }
}

/// The permissions that a key may give, as a tree: a parent grants its children.
struct PermissionTree {
    private let key: APIKey
    private let chosen: Set<String>

    init(of key: APIKey, chosen: Set<String>) {
        self.key = key
        self.chosen = chosen
    }

    private static let meanings = [
        "sendLog": "all that concerns send logs", "sendLog.read": "search, read and export send logs",
        "sendLog.create": "record send logs", "campaign": "all that concerns campaigns",
        "campaign.read": "see campaigns and their names", "campaign.update": "name campaigns",
        "webhook": "all that concerns webhooks", "webhook.read": "see webhooks and their deliveries",
        "webhook.create": "make webhooks", "webhook.update": "change and try webhooks, deliver again",
        "webhook.delete": "delete webhooks", "apiKey": "all that concerns keys",
        "apiKey.read": "see which keys there are",
        "apiKey.create": "make keys", "apiKey.revoke": "revoke keys", "*": "everything",
    ]

    /// Everything at the top, parents below it, children below those.
    var values: [String: Any] {
        var all = node(.all)
        let parents = Permission.known.filter { $0 != .all && !$0.description.contains(".") }
        all["children"] = parents.map { parent in
            var node = node(parent)
            node["children"] = Permission.known.filter { $0 != parent && $0 != .all && parent.grants($0) }.map(
                self.node
            )
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
