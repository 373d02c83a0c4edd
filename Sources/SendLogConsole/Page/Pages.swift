import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// Renders pages with the same layout and the same security headers.
struct Pages: Sendable {
    let templates: Templates
    let assets: Assets

    /// The content security policy: pages load, run, embed and submit to this server only
    /// (<https://www.w3.org/TR/CSP3/>).
    private static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

    /// Renders a page from a template; without a user, it has no navigation.
    func response(
        _ name: String,
        title: String,
        to request: HTTPRequest,
        user: SignedInUser? = nil,
        section: SignedInUser.Section? = nil,
        status: HTTPResponseStatus = .ok,
        _ values: [String: Any]
    ) -> Response {
        var values = values
        values["title"] = title
        values["form-token"] = values["form-token"] ?? user?.csrfToken
        let sought = values["sought"] as? String ?? ""
        values["head"] = head(title, user, section, sought: sought, isRefreshed: values["refresh"] != nil)
        var response = fragment(name, to: request, values)
        response.status = status
        return response
    }

    /// Renders a fragment of a page, which a script inserts.
    func fragment(_ name: String, to request: HTTPRequest, _ values: [String: Any]) -> Response {
        let html = templates.render(name, values).withLinks(below: request.basePath)
        var response = Response(parts: [html], type: "text/html; charset=utf-8", compressedFor: request)
        response.fields += Self.securityHeaders
        return response
    }

    /// Renders the beginning of a page, with a text in the field of ``GoPage``.
    private func head(
        _ title: String,
        _ user: SignedInUser?,
        _ section: SignedInUser.Section?,
        sought: String,
        isRefreshed: Bool
    ) -> [UInt8] {
        var values: [String: Any] = ["title": title, "refresh": isRefreshed]
        for (file, path) in assets.paths { values["asset-\(file)"] = path }
        if let user {
            let name = user.key.name.isEmpty ? "\(user.key.id)" : user.key.name
            values["signed-in-user"] = ["organisation": user.organisation, "key": name, "zone": user.zone.name]
            values["form-token"] = user.csrfToken
            values["go"] = GoPage.placeholder(for: user).map { ["placeholder": $0, "sought": sought] }
            values["sections"] = user.sections.map { part in
                "<a href=\"\(part.path)\"\(part == section ? " aria-current=page" : "")>\(part.title)</a>"
            }.joined()
        }
        return templates.render("head", values)
    }

    private static let securityHeaders: [ResponseHead.Field] = [
        ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-store"),
    ]

    /// Redirects the browser to another page with `GET`; the service adds the base path.
    static func redirect(to path: String) -> Response {
        var response = Response(status: .seeOther, type: "text/plain", body: [])
        response.fields = [("Location", path), ("Cache-Control", "no-store")]
        return response
    }
}
