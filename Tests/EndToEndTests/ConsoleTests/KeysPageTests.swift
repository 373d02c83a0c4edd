import Foundation
import Testing

/// The page of API keys in a browser.
@Suite struct KeysPageTests {
    @Test(arguments: [true, false])
    func `a user creates a key, sees it once, uses it and revokes it`(hasJavaScript: Bool) throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        let page = user.page
        try user.signIn(tenant.key)
        try page.clickAndLoad(.named("Keys", role: "link"))
        try page.type("nightly <import>", into: "input[name=name]")
        try page.click("input[value='sendLog.read']")
        try page.click("input[value='campaign']")
        if hasJavaScript {
            #expect(try page.evaluate("document.querySelector('input[value=\"campaign.read\"]').indeterminate").isTrue)
        }
        try page.set("2030-01-31", in: "input[name=expires]")
        try page.clickAndLoad(.named("Create key", role: "button"))
        let key = try page.text(of: "#created-key")
        #expect(key.hasPrefix("slk_"))
        if hasJavaScript {
            #expect(try page.copied { try page.click(.named("Copy the key", role: "button")) } == key)
        }
        let response = try tenant.request("GET", "/campaigns", authorisation: "Bearer \(key)")
        #expect(response.status == 200)
        #expect(try tenant.request("POST", "/send-logs", authorisation: "Bearer \(key)", body: []).status == 403)
        let row = try user.texts("table.keys tbody tr:first-child th, table.keys tbody tr:first-child td")
        #expect(row[0].hasPrefix("nightly <import> key_"))
        #expect(row[1].split(separator: " ") == ["sendLog.read", "campaign"])
        #expect(row[3] == "2030-01-31 00:00:00")
        // The key is shown only once.
        try user.open("/console/keys")
        #expect(try !page.html.contains(key))
        try page.click("table.keys tbody tr:first-child details summary")
        try page.clickAndLoad("table.keys tbody tr:first-child button.danger")
        #expect(try user.texts("table.keys tbody tr:first-child td").last?.hasPrefix("revoked") == true)
        // The server that revoked the key refuses it at once.
        #expect(try tenant.request("GET", "/campaigns", authorisation: "Bearer \(key)").status == 401)
        try user.expectNoErrors()
    }

    @Test func `revoking the key of the session ends the session`() throws {
        let tenant = try Shared.server.tenant(permissions: "apiKey")
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        #expect(try user.page.title == "Keys · sendlog")
        try user.page.click("table.keys details summary")
        #expect(try user.page.text.contains("You are signed in with this key."))
        try user.page.clickAndLoad("button.danger")
        #expect(try user.page.title == "Sign in · sendlog")
        try user.open("/console/keys")
        #expect(try user.page.title == "Sign in · sendlog")
    }

    @Test func `a key grants only permissions that it has, and invalid input is reported`() throws {
        let tenant = try Shared.server.tenant(permissions: "apiKey", "sendLog.read")
        let client = try ConsoleClient(tenant)
        // Only the ids: the server writes the time of last use with a delay.
        func keys() throws -> [Substring] {
            try tenant.server.command("key", "list", "--organisation", tenant.name).succeeded().output
                .split(separator: "\n").map { $0.prefix { $0 != " " } }
        }
        let before = try keys()
        #expect(!before.isEmpty)
        for (name, permission, expires, message) in [
            ("a", "sendLog.create", "", "does not have sendLog.create"), ("a", "*", "", "does not have *"),
            ("a", "", "", "at least one permission"), ("a", "made.up", "", "at least one permission"),
            ("a", "sendLog.read", "2020-01-01", "must be in the future"),
            ("a", "sendLog.read", "soon", "is not a valid date"),
            (String(repeating: "a", count: 101), "sendLog.read", "", "at most 100"),
            ("a\u{7}", "sendLog.read", "", "control"),
        ] {
            let response = try client.post(
                "/console/keys",
                ["name": name, "permission": permission, "expires": expires],
                from: "/console/keys"
            )
            #expect(response.status == 400)
            #expect(response.text.contains(message), "\(message)")
            #expect(!response.text.contains("slk_"))
        }
        #expect(try keys() == before)
        // A key that expires cannot create a key that expires later.
        let server = try Shared.server
        let until = Date.now.addingTimeInterval(86_400 * 3).ISO8601Format()
        let expiring = Tenant(
            server: server,
            name: tenant.name,
            key: try server.key(of: tenant.name, permissions: ["apiKey"], expires: until)
        )
        let creator = try ConsoleClient(expiring)
        for (expires, status) in [
            ("", 400), ("2090-01-01", 400),
            (String(Date.now.addingTimeInterval(86_400 * 2).ISO8601Format().prefix(10)), 200),
        ] {
            let response = try creator.post(
                "/console/keys",
                ["permission": "apiKey.read", "expires": expires],
                from: "/console/keys"
            )
            #expect(response.status == status, "\(expires)")
            #expect(response.text.contains("must expire no later") == (status == 400))
        }
        let reader = try ConsoleClient(Shared.server.tenant(permissions: "apiKey.read"))
        let page = try reader.get("/console/keys").text
        #expect(!page.contains("Create a key") && !page.contains("Revoke"))
        for path in ["/console/keys", "/console/keys/key_1/revoke"] {
            let token = try reader.csrfToken(reader.get("/console/time-zone"))
            #expect(try reader.post(path, ["form-token": token, "permission": "apiKey.read"]).status == 403)
        }
        // A key of another organisation gets 404.
        let admin = try ConsoleClient(tenant)
        let foreign = try Shared.server.tenant(permissions: "sendLog")
        let list = try tenant.server.command("key", "list", "--organisation", foreign.name).succeeded().output
        let id = try #require(list.matches(of: /key_[0-9]+/).first.map { String($0.output) })
        #expect(try admin.post("/console/keys/\(id)/revoke", [:], from: "/console/keys").status == 404)
        #expect(try foreign.get("/send-logs/a").status == 404)
    }
}
