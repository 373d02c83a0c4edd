import Foundation

/// A cookie in a page's browser context.
struct Cookie: Sendable, Equatable {
    var name: String
    var value: String
    var domain: String
    var path = "/"
    var isHTTPOnly = false
    var isSecure = false
    /// `Strict`, `Lax` or `None`, or `nil` if the server did not set it.
    var sameSite: String?
    /// `nil` for a cookie that ends with the browser.
    var expires: Date?
}

extension Page {
    /// Returns all cookies of the page's browser context, for all addresses.
    func cookies() throws -> [Cookie] {
        let context: JSON = ["browserContextId": .string(context)]
        return try browser.devTools.call("Storage.getCookies", context)["cookies"].elements.map { cookie in
            Cookie(
                name: cookie["name"].plainText,
                value: cookie["value"].plainText,
                domain: cookie["domain"].plainText,
                path: cookie["path"].plainText,
                isHTTPOnly: cookie["httpOnly"].isTrue,
                isSecure: cookie["secure"].isTrue,
                sameSite: cookie["sameSite"].string,
                expires: cookie["session"].isTrue
                    ? nil : cookie["expires"].double.map { Date(timeIntervalSince1970: $0) }
            )
        }
    }

    /// Sets a cookie and replaces one with the same name, domain and path.
    func set(_ cookie: Cookie) throws {
        var parameters: [String: JSON] = [
            "name": .string(cookie.name), "value": .string(cookie.value), "domain": .string(cookie.domain),
            "path": .string(cookie.path), "httpOnly": .bool(cookie.isHTTPOnly), "secure": .bool(cookie.isSecure),
        ]
        if let sameSite = cookie.sameSite { parameters["sameSite"] = .string(sameSite) }
        if let expires = cookie.expires { parameters["expires"] = .number(expires.timeIntervalSince1970) }
        try browser.devTools.call(
            "Storage.setCookies",
            ["cookies": [.object(parameters)], "browserContextId": .string(context)]
        )
    }

    /// Deletes the cookies with a name, for all addresses.
    func deleteCookies(named name: String) throws {
        for cookie in try cookies() where cookie.name == name {
            let which: JSON = ["name": .string(name), "domain": .string(cookie.domain), "path": .string(cookie.path)]
            try call("Network.deleteCookies", which)
        }
    }
}
