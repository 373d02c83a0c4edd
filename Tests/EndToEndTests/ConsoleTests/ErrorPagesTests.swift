import Foundation
import TestSupport
import Testing

/// The error pages: each has a heading in plain words, the navigation, and a next step.
@Suite(.blocking) struct ErrorPagesTests {
    private struct Case {
        var method = "GET"
        let target: String
        var fields: [(String, String)]?
        let status: Int
        let heading: String
        /// The link that the page must have.
        var step = "/console"
    }

    private static let none = String(repeating: "0", count: 32)
    private static let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"

    private static let cases = [
        Case(target: "/console/nothing", status: 404, heading: "Page not found"),
        Case(target: "/console/\(attack)?\(attack)=\(attack)", status: 404, heading: "Page not found"),
        Case(target: "/nothing", status: 404, heading: "Page not found"),
        Case(target: "//elsewhere.example/console", status: 404, heading: "Page not found"),
        Case(target: "/console/sends/nothing", status: 404, heading: "Page not found", step: "/console/sends"),
        Case(target: "/console/webhooks/none", status: 404, heading: "Page not found", step: "/console/webhooks"),
        Case(target: "/console/keys//", status: 404, heading: "Page not found", step: "/console/keys"),
        Case(target: "/console/recipients/\(none)", status: 404, heading: "Link not valid", step: "/console/sends"),
        Case(target: "/console/keys?\(attack)=1", status: 400, heading: "The address is not valid"),
        Case(
            target: "/console/campaigns?serch=a",
            status: 400,
            heading: "The address is not valid",
            step: "/console/campaigns"
        ),
        Case(target: "/console/sends.csv?campain=a", status: 400, heading: "The address is not valid"),
        Case(target: "/console/sign-out", status: 405, heading: "Not possible at this address"),
        Case(target: "/console/keys/key_1/revoke", status: 405, heading: "Not possible at this address"),
        Case(target: "/send-logs", status: 405, heading: "Not possible at this address"),
        Case(method: "PUT", target: "/console/keys", status: 405, heading: "Not possible at this address"),
        Case(method: "DELETE", target: "/console/sends/a", status: 405, heading: "Not possible at this address"),
        Case(method: "PATCH", target: "/console/nothing", status: 404, heading: "Page not found"),
        Case(
            method: "POST",
            target: "/console/keys",
            fields: [("form-token", "0"), ("name", "<script>alert(1)</script>")],
            status: 400,
            heading: "The form has expired",
            step: "/console/keys"
        ),
        Case(method: "POST", target: "/console/nothing", fields: [], status: 404, heading: "Page not found"),
        Case(
            method: "POST",
            target: "/console/keys?\(attack)=1",
            fields: [("form-token", "TOKEN")],
            status: 400,
            heading: "The input is not valid",
            step: "/console/keys"
        ),
        Case(
            method: "POST",
            target: "/console/campaigns/spring/name",
            fields: [("form-token", "TOKEN"), ("name", String(repeating: "a", count: 70_000))],
            status: 413,
            heading: "The input is too long"
        ),
    ]

    /// Expects what every error page has.
    private static func expectErrorPage(
        _ response: HTTPResponse,
        _ status: Int,
        _ heading: String,
        isSignedIn: Bool = true,
        step: String = "/console",
        _ label: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let text = response.text
        #expect(response.status == status, "\(label)", sourceLocation: sourceLocation)
        #expect(response["content-type"] == "text/html; charset=utf-8", "\(label)", sourceLocation: sourceLocation)
        for part in ["<title>\(heading) · sendlog</title>", "<h1>\(heading)</h1>", "href=\"\(step)\"", "Request ID: "] {
            #expect(text.contains(part), "\(label): \(part) in \(text)", sourceLocation: sourceLocation)
        }
        for part in ["/openapi.json", "<script>alert", "\"><script"] {
            #expect(!text.contains(part), "\(label): \(text)", sourceLocation: sourceLocation)
        }
        let main = text.components(separatedBy: "<main").last ?? ""
        #expect(main.contains("<a "), "\(label): no next step", sourceLocation: sourceLocation)
        let hasNavigation = text.contains("<nav aria-label=\"Main\">") && text.contains("action=\"/console/sign-out\"")
        #expect(hasNavigation == isSignedIn, "\(label): \(text)", sourceLocation: sourceLocation)
    }

    @Test func `every error page has a heading, the navigation and a next step`() throws {
        let client = try ConsoleClient(Shared.server.tenant(permissions: "*"))
        let token = try client.csrfToken(client.get("/console/keys"))
        client.headers = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]
        for one in Self.cases {
            let response: HTTPResponse
            if let fields = one.fields {
                response = try client.post(one.target, fields.map { ($0.0, $0.1.replacing("TOKEN", with: token)) })
            } else {
                response = try client.request(one.method, one.target)
            }
            let label = "\(one.method) \(one.target)"
            Self.expectErrorPage(response, one.status, one.heading, step: one.step, label)
            if one.status == 405 { #expect(response["allow"]?.isEmpty == false, "\(label)") }
        }
    }

    @Test func `without a session, or with one that has ended, error pages have no navigation`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let ended = try ConsoleClient(tenant)
        let cookies = ended.cookies
        _ = try ended.post("/console/sign-out", [:], from: "/console/keys")
        ended.cookies = cookies
        let invalid = ConsoleClient(tenant.server)
        invalid.cookies = ["sendlog_session": "x"]
        for client in [ConsoleClient(tenant.server), ended, invalid] {
            client.headers = [("Accept", "text/html")]
            for (target, status, heading) in [
                ("/console/nothing", 404, "Page not found"), ("/nothing", 404, "Page not found"),
                ("/console/sign-out", 405, "Not possible at this address"),
                ("/console/sign-in?nxt=a", 400, "The address is not valid"),
            ] {
                Self.expectErrorPage(try client.get(target), status, heading, isSignedIn: false, target)
            }
        }
    }

    @Test func `a missing permission offers another key, and leads back to the page`() throws {
        let server = try Shared.server
        let all = try server.tenant(permissions: "sendLog")
        let reader = try server.key(of: all.name, permissions: ["sendLog.read"])
        let client = try ConsoleClient(Tenant(server: server, name: all.name, key: reader))
        let step = "/console/sign-in?next=%2Fconsole%2Fkeys"
        Self.expectErrorPage(try client.get("/console/keys"), 403, "Permission denied", step: step, "/console/keys")
        // A key that opens no section gets an error page from the start page too.
        let recorder = try server.key(of: all.name, permissions: ["sendLog.create"])
        let other = try ConsoleClient(Tenant(server: server, name: all.name, key: recorder))
        let start = try other.get("/console")
        Self.expectErrorPage(start, 403, "Permission denied", step: "/console/sign-in", "/console")
    }

    @Test func `an error page works while the database is unavailable, and after an internal error`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant(permissions: "*")
        let client = try ConsoleClient(tenant)
        #expect(try client.get("/console/sends").status == 200)
        let (main, moved) = (server.folder.file("test.sqlite"), server.folder.file("moved.sqlite"))
        try FileManager.default.moveItem(atPath: main, toPath: moved)
        #expect(try Deadline.poll(for: 60) { try server.connect().request("GET", "/health").status == 503 })
        var response = try client.get("/console/sends?rows=25")
        let unavailable = "Temporarily unavailable"
        Self.expectErrorPage(
            response,
            503,
            unavailable,
            isSignedIn: false,
            step: "/console/sends?rows=25",
            "without a database"
        )
        #expect(response["retry-after"] != nil)
        client.headers = [("Accept", "text/html")]
        Self.expectErrorPage(try client.get("/console/nothing"), 404, "Page not found", isSignedIn: false, "/nothing")
        try FileManager.default.moveItem(atPath: moved, toPath: main)
        #expect(try Deadline.poll(for: 60) { try server.connect().request("GET", "/health").status == 200 })
        try server.executeSQL("ALTER TABLE send_logs RENAME TO mislaid")
        response = try client.get("/console/sends/a")
        Self.expectErrorPage(response, 500, "Something went wrong", step: "/console/sends/a", "/console/sends/a")
        #expect(!response.text.contains("mislaid") && !response.text.contains("SQL"))
        #expect(try server.stop() == .code(0))
    }

    @Test func `a program that asks for a page of the console still gets JSON for an unknown path`() throws {
        let client = try ConsoleClient(Shared.server.tenant(permissions: "*"))
        try expectFailure(client.get("/console/nothing"), 404, "resource_not_found", says: "see /openapi.json")
        try expectFailure(client.request("PUT", "/console/keys"), 405, "method_not_allowed")
        // Clients of the API get JSON for other methods than GET.
        client.headers = [("Accept", "text/html")]
        try expectFailure(client.request("POST", "/nothing", body: []), 404, "resource_not_found")
    }

    @Test(arguments: [(true, 1280), (false, 1280), (true, 390)])
    func `a user who opens an unknown address goes on with the navigation`(hasJavaScript: Bool, width: Int) throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let user = try ConsoleUser(tenant.server, width: width, isPhone: width == 390, hasJavaScript: hasJavaScript)
        try user.signIn(tenant.key)
        try user.open("/console/webhooks/nothing")
        #expect(try user.texts("h1") == ["Page not found"])
        #expect(try user.texts("nav[aria-label=Main] a").count == 4)
        #expect(try user.page.overflow <= 0)
        try user.saveScreenshot("error-\(width)")
        #expect(try user.texts("main a") == ["Webhooks", "Back to the reports"])
        try user.page.clickAndLoad("main a")
        #expect(try user.page.title == "Webhooks · sendlog")
        try user.open("/nothing")
        try user.page.clickAndLoad("nav[aria-label=Main] a[href='/console/keys']")
        #expect(try user.page.title == "Keys · sendlog")
    }
}
