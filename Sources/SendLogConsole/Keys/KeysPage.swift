import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The page of the organisation's API keys: lists, creates and revokes keys.
struct KeysPage: Sendable {
    let store: any KeyStore
    let authenticator: Authenticator
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        [
            middleware.get("/console/keys", SignedInUser.Section.keys.permissions) { try await show($0) },
            middleware.post("/console/keys", [.createKeys], handle: create),
            middleware.post("/console/keys/:key_id/revoke", [.revokeKeys], handle: revoke),
        ]
    }

    /// The fields of the form for a new key.
    private struct KeyForm {
        var name = ""
        var permissions: Set<String> = []
        var expires = ""
    }

    private func show(
        _ request: UserRequest,
        created: (key: APIKey, text: KeyText)? = nil,
        problems: [String] = [],
        keyForm: KeyForm = KeyForm(),
        pending: APIKeyID? = nil
    ) async throws -> Response {
        let user = request.user
        var values: [String: Any] = [
            "may-create": user.may(.createKeys), "may-list": user.may(.readKeys), "zone": user.zone.name,
            "entered-name": keyForm.name, "entered-expires": keyForm.expires,
            "tree": PermissionTree(key: user.key, chosen: keyForm.permissions).values,
        ]
        if user.may(.readKeys) {
            let keys = try await store.keys(in: request.organisation)
            values["keys"] = keys.reversed().map { key in
                var row = Self.values(authenticator.current(key), user, at: request.input.now)
                row["pending"] = authenticator.isRevocationPending(of: key.id)
                return row
            }
        }
        if !problems.isEmpty { values["problems"] = problems }
        values["pending-key"] = pending.map { ["id": "\($0)"] }
        if let created {
            values["new-key"] = [
                "id": "\(created.key.id)", "text": created.text.text, "name": created.key.name,
                "permissions": created.key.permissions.map(\.description).joined(separator: ", "),
            ]
        }
        let status: HTTPResponseStatus = pending == nil ? .ok : .accepted
        return request.page("keys", section: .keys, isInvalid: !problems.isEmpty, status: status, values)
    }

    private static func values(_ key: APIKey, _ user: SignedInUser, at now: Timestamp) -> [String: Any] {
        let state = key.revoked != nil ? "revoked" : key.isValid(at: now) ? "valid" : "expired"
        var values: [String: Any] = [
            "id": "\(key.id)", "name": key.name.isEmpty ? "unnamed" : UntrustedText.html(key.name), "state": state,
            "permissions": key.permissions.map { ["name": $0.description] },
            "created": user.zone.text(key.created), "own": key.id == user.key.id,
            "last-used": key.lastUsed.map { user.zone.text($0) } ?? "never",
            "expires": key.expires.map { user.zone.text($0) } ?? "never",
            "revocable": user.may(.revokeKeys) && key.revoked == nil,
        ]
        values["revoked"] = key.revoked.map { user.zone.text($0) }
        return values
    }

    @Sendable private func create(_ request: UserRequest, _ form: Form) async throws -> Response {
        let (user, now) = (request.user, request.input.now)
        let keyForm = KeyForm(name: form["name"], permissions: Set(form.all("permission")), expires: form["expires"])
        var problems: [String] = []
        let name = keyForm.name.trimmingCharacters(in: .whitespaces)
        if !NewAPIKey.accepts(name: name) { problems.append("The name \(NewAPIKey.nameRule).") }
        let permissions = Permission.known.filter { keyForm.permissions.contains($0.description) }
        if permissions.isEmpty { problems.append("Select at least one permission.") }
        for permission in permissions where !user.may(permission) {
            problems.append("Your key does not have \(permission) and cannot grant it.")
        }
        let expires = user.zone.timestamp(entered: keyForm.expires, isEnd: false)
        if !keyForm.expires.isEmpty, expires == nil {
            problems.append("“\(Naming.shown(keyForm.expires))” is not a valid date. Enter a date such as 2027-01-31.")
        } else if let expires, expires <= now {
            problems.append("The expiry date must be in the future.")
        }
        if let own = user.key.expires, expires ?? .latest > own {
            problems.append(
                "Your key expires on \(user.zone.text(own)); the new key must expire no later. Enter an expiry date."
            )
        }
        guard problems.isEmpty else { return try await show(request, problems: problems, keyForm: keyForm) }
        let text = KeyText.random()
        // Omits permissions that a selected parent grants.
        let least = permissions.filter { permission in
            !permissions.contains { $0 != permission && $0.grants(permission) }
        }
        let new = NewAPIKey(name: name, permissions: least, expires: expires)
        let key = try await store.createKey(new, hash: text.hash, in: request.organisation, at: now)
        var response = try await show(request, created: (key, text))
        response.event = .keyCreated(key.id)
        return response
    }

    @Sendable private func revoke(_ request: UserRequest, _ form: Form) async throws -> Response {
        let input = request.input
        let missing = APIError.notFound("there is no key \(Naming.shown(input.parameter)) in this organisation")
        guard let id = APIKeyID(input.parameter) else { throw missing }
        let revocation: Authenticator.Revocation
        do throws(StoreError) {
            revocation = try await authenticator.revoke(id, in: request.organisation, at: input.now)
        } catch {
            throw missing.ifNotFound(error)
        }
        guard revocation.isStored else {
            // Not after a redirect: another server, which does not know of the revocation, may get the next request.
            var response = try await show(request, pending: id)
            response.event = .keyRefused(id)
            return response
        }
        var response = Pages.redirect(to: id == request.user.key.id ? "/console/sign-in" : "/console/keys")
        // A key that was revoked before keeps its time.
        if revocation.key.revoked == input.now { response.event = .keyRevoked(id) }
        return response
    }
}
