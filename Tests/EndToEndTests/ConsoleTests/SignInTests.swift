import Foundation
import TestSupport
import Testing

/// Sign-in to the console, its sessions, and the protection of its pages and forms.
@Suite struct SignInTests {
    private func tenant(_ permissions: String...) throws -> Tenant {
        let server = try Shared.server
        let all = try server.tenant(permissions: "sendLog")
        return Tenant(server: server, name: all.name, key: try server.key(of: all.name, permissions: permissions))
    }

    @Test func `without a session, every page redirects to sign-in with its address in next`() throws {
        let client = ConsoleClient(try Shared.server)
        for page in ["/console/sends?page=2&campaign=a", "/console/campaigns", "/console/keys", "/console/sends/a"] {
            let response = try client.get(page)
            #expect(response.status == 303)
            let target = try #require(response["location"])
            #expect(target.hasPrefix("/console/sign-in?next=%2Fconsole%2F"))
            #expect(target.removingPercentEncoding == "/console/sign-in?next=\(page)")
        }
        #expect(try client.get("/console")["location"] == "/console/sign-in")
        #expect(try client.post("/console/keys", [:])["location"] == "/console/sign-in")
        #expect(try client.get("/console/sends.csv").status == 303)
        #expect(try client.get("/console/totals-by-day.csv").status == 303)
    }

    @Test func `the session cookie is HttpOnly and SameSite=Strict, and does not contain the key`() throws {
        let tenant = try tenant("sendLog")
        let client = ConsoleClient(tenant.server)
        let response = try client.signIn(tenant.key, next: "/console/sends?page=3", zone: "Africa/Johannesburg")
        #expect(response.status == 303)
        #expect(response["location"] == "/console/sends?page=3")
        let cookies = response.headers.filter { $0.name == "set-cookie" }.map(\.value)
        let session = try #require(cookies.first { $0.hasPrefix("sendlog_session=") })
        for attribute in ["; Path=/", "; Max-Age=43200", "; SameSite=Strict", "; HttpOnly"] {
            #expect(session.contains(attribute))
        }
        #expect(!session.contains("Secure"))
        #expect(cookies.contains { $0.hasPrefix("sendlog_zone=Africa%2FJohannesburg;") })
        for header in response.headers { #expect(!header.value.contains(tenant.key)) }
        #expect(try client.get("/console/sends").status == 200)
    }

    @Test func `behind TLS, cookies have Secure and the __Host- prefix`() throws {
        let tenant = try tenant("sendLog")
        let client = ConsoleClient(tenant.server)
        client.headers = [("X-Forwarded-Proto", "https")]
        let response = try client.signIn(tenant.key)
        let cookies = response.headers.filter { $0.name == "set-cookie" }.map(\.value)
        let session = try #require(cookies.first { $0.hasPrefix("__Host-sendlog_session=") })
        #expect(session.hasSuffix("; HttpOnly; Secure"))
        #expect(try client.get("/console/sends").status == 200)
        // The same token under the name for plain connections opens nothing.
        client.cookies = ["sendlog_session": client.cookies["__Host-sendlog_session"] ?? ""]
        #expect(try client.get("/console/sends").status == 303)
    }

    @Test(arguments: ["", "slk_nonsense", " ", "\r\nSet-Cookie: a=b"])
    func `an invalid key gets an error, and no session`(key: String) throws {
        let client = ConsoleClient(try Shared.server)
        let response = try client.signIn(key)
        #expect(response.status == 400)
        #expect(response.text.contains("role=\"alert\""))
        #expect(client.cookies["sendlog_session"] == nil)
    }

    @Test(
        arguments: [
            "Bearer KEY", "Authorization: Bearer KEY", "\"KEY\"", "‘KEY’", "`KEY`", " KEY\r\n", "\u{feff}KEY\u{200b}",
            "\u{a0}KEY",
        ]
    )
    func `a key signs in as it is pasted, and a wrong one still gets the one message`(pasted: String) throws {
        let tenant = try tenant("sendLog")
        let client = ConsoleClient(tenant.server)
        #expect(try client.signIn(pasted.replacing("KEY", with: tenant.key)).status == 303)
        #expect(try client.get("/console/sends").status == 200)
        let wrong = String(tenant.key.dropLast()) + (tenant.key.hasSuffix("0") ? "1" : "0")
        let refused = try ConsoleClient(tenant.server).signIn(pasted.replacing("KEY", with: wrong))
        #expect(refused.status == 400)
        #expect(refused.text.contains("Invalid API key: it may be mistyped, expired or revoked."))
        #expect(!refused.text.contains(wrong))
        // The API takes a key as it is.
        let quoted = try tenant.request("GET", "/whoami", authorisation: "Bearer \"\(tenant.key)\"")
        try expectFailure(quoted, 401, "unauthorized")
    }

    @Test func `a key with a line break and invisible characters signs in, in a browser`() throws {
        let tenant = try tenant("sendLog")
        let user = try ConsoleUser(tenant.server)
        try user.signIn("Authorization: Bearer “\(tenant.key.prefix(9))\u{200b}\n\(tenant.key.dropFirst(9))”\u{a0}")
        #expect(try user.page.title == "Sends Report · sendlog")
        try user.expectNoErrors()
    }

    @Test(
        arguments: [
            "https://elsewhere.example/", "//elsewhere.example", "/send-logs", "/console/../send-logs", "javascript:1",
            "/console/sign-out", "/console/\r\nX: y", "/\\elsewhere.example",
        ]
    )
    func `sign-in never redirects to another site`(next: String) throws {
        let tenant = try tenant("sendLog")
        let client = ConsoleClient(tenant.server)
        let response = try client.signIn(tenant.key, next: next)
        #expect(response.status == 303)
        let target = try #require(response["location"])
        #expect(target == "/console")
        #expect(response["x"] == nil)
    }

    @Test func `a form without the token of its session gets 400 and changes nothing`() throws {
        let tenant = try tenant("*")
        let client = try ConsoleClient(tenant)
        let other = try ConsoleClient(tenant)
        let foreign = try other.csrfToken(other.get("/console/keys"))
        let keys = try tenant.server.command("key", "list", "--organisation", tenant.name).succeeded().output
        for token in ["", "0", foreign, String(repeating: "0", count: 64)] {
            for (path, field) in [
                ("/console/keys", "permission"), ("/console/keys/key_1/revoke", "x"), ("/console/sign-out", "x"),
                ("/console/time-zone", "zone"), ("/console/campaigns/spring/name", "name"),
            ] {
                let response = try client.post(path, ["form-token": token, field: "sendLog.read"])
                #expect(response.status == 400, "\(path)")
                #expect(response.text.contains("belongs to another session"), "\(path)")
            }
        }
        #expect(try tenant.server.command("key", "list", "--organisation", tenant.name).output == keys)
        #expect(try client.get("/console/keys").status == 200)
        // Sign-in with the form token of another session fails as well.
        let stranger = ConsoleClient(tenant.server)
        #expect(try stranger.post("/console/sign-in", ["key": tenant.key, "form-token": foreign]).status == 400)
        #expect(stranger.cookies["sendlog_session"] == nil)
    }

    @Test func `sign-out, a new sign-in and a revoked key end a session at once`() throws {
        let tenant = try tenant("*")
        let client = try ConsoleClient(tenant)
        let copy = ConsoleClient(tenant.server)
        copy.cookies = client.cookies
        #expect(try copy.get("/console/sends").status == 200)
        let out = try client.post("/console/sign-out", [:], from: "/console/sends")
        #expect(out["location"] == "/console/sign-in")
        #expect(client.cookies["sendlog_session"] == nil)
        #expect(try copy.get("/console/sends").status == 303)

        // A new sign-in ends the previous session.
        let former = ConsoleClient(tenant.server)
        let again = try ConsoleClient(tenant)
        former.cookies = again.cookies
        #expect(try again.signIn(tenant.key).status == 303)
        #expect(try former.get("/console/sends").status == 303)
        #expect(try again.get("/console/sends").status == 200)

        let revoked = try ConsoleClient(tenant)
        let list = try tenant.server.command("key", "list", "--organisation", tenant.name).succeeded().output
        let newest = try #require(list.matches(of: /key_([0-9]+)/).compactMap { Int($0.1) }.max())
        #expect(try revoked.get("/console/sends").status == 200)
        _ = try tenant.server.command("key", "revoke", "--organisation", tenant.name, "key_\(newest)").succeeded()
        #expect(try revoked.get("/console/sends").status == 303)
    }

    @Test func `a session lasts as configured, and survives a restart`() throws {
        let folder = try TemporaryFolder()
        let first = try Server(in: folder, arguments: ["--console-session-minutes", "5"])
        let tenant = try first.tenant(permissions: "sendLog")
        let client = ConsoleClient(first)
        let response = try client.signIn(tenant.key)
        #expect(response.headers.contains { $0.value.contains("Max-Age=300") })
        _ = try first.stop()
        let second = try Server(in: folder)
        let resumed = ConsoleClient(second)
        resumed.cookies = client.cookies
        #expect(try resumed.get("/console/sends").status == 200)
        try second.executeSQL("UPDATE sessions SET expires = 0")
        #expect(try resumed.get("/console/sends").status == 303)
    }

    @Test func `the console checks permissions, and names the missing one`() throws {
        let reader = try ConsoleClient(tenant("sendLog.read"))
        #expect(try reader.get("/console")["location"] == "/console/sends")
        for (path, permission) in [("/console/campaigns", "campaign.read"), ("/console/keys", "apiKey.read")] {
            let response = try reader.get(path)
            #expect(response.status == 403)
            #expect(response.text.contains(permission))
            #expect(response["content-type"] == "text/html; charset=utf-8")
        }
        let page = try reader.get("/console/sends").text
        #expect(page.contains("href=\"/console/sends\""))
        #expect(!page.contains("href=\"/console/campaigns\"") && !page.contains("href=\"/console/keys\""))
        let campaigns = try ConsoleClient(tenant("campaign.read"))
        #expect(try campaigns.get("/console")["location"] == "/console/campaigns")
        #expect(try campaigns.get("/console/sends").status == 403)
        #expect(try campaigns.get("/console/sends.csv").status == 403)
        #expect(try campaigns.get("/console/totals-by-day.csv").status == 403)
        let response = try campaigns.post("/console/campaigns/a/name", ["name": "A"], from: "/console/campaigns")
        #expect(response.status == 403)
        // An error page does not show campaigns either.
        let namer = try ConsoleClient(tenant("campaign.update"))
        let bad = try namer.post("/console/campaigns/spring/name", ["name": ""], from: "/console/time-zone")
        #expect(bad.status == 400 && !bad.text.contains("<table"))
        for permission in ["apiKey.read", "apiKey.create", "apiKey.revoke"] {
            let keys = try ConsoleClient(tenant(permission))
            #expect(try keys.get("/console")["location"] == "/console/keys")
            let page = try keys.get("/console/keys").text
            #expect(page.contains("<table") == (permission == "apiKey.read"))
            #expect(page.contains("Create a key") == (permission == "apiKey.create"))
        }
        let sender = try ConsoleClient(tenant("sendLog.create"))
        #expect(try sender.get("/console").status == 403)
    }

    @Test func `a link on another site opens the page`() throws {
        let tenant = try tenant("sendLog")
        let client = try ConsoleClient(tenant)
        // Browsers do not send SameSite=Strict cookies with requests from another site.
        let stranger = ConsoleClient(tenant.server)
        stranger.headers = [("Sec-Fetch-Site", "cross-site")]
        let response = try stranger.get("/console/sends")
        #expect(response.status == 200)
        #expect(response.text.contains("<meta http-equiv=\"refresh\" content=\"0\">"))
        client.headers = [("Sec-Fetch-Site", "same-origin")]
        #expect(try client.get("/console/sends").text.contains("<h1>Sends Report</h1>"))
    }

    @Test func `every page has a Content-Security-Policy and the other security headers`() throws {
        let tenant = try tenant("*")
        let client = try ConsoleClient(tenant)
        client.headers = [("Accept", "text/html")]
        for path in [
            "/console/sends", "/console/campaigns", "/console/keys", "/console/time-zone", "/console/nothing",
            "/console/sends/nothing", "/console/sign-in", "/nothing",
        ] {
            let response = try client.get(path)
            let policy = try #require(response["content-security-policy"], "\(path)")
            #expect(policy.hasPrefix("default-src 'none'; style-src 'self'; script-src 'self';"))
            #expect(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"))
            #expect(response["x-content-type-options"] == "nosniff")
            #expect(response["referrer-policy"] == "same-origin")
            #expect(response["cache-control"] == "no-store")
            #expect(!response.text.contains(" style=") && !response.text.contains(" onclick="))
            #expect(!response.text.contains("<style") && !response.text.contains("<script>"))
        }
        #expect(try client.get("/")["location"] == "/console")
        // API clients still get a JSON error.
        client.headers = []
        try expectFailure(client.get("/nothing"), 404, "resource_not_found")
    }
}
