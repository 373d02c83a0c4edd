import TestSupport
import Testing

/// Pages of other origins in a browser, which decides by the server's headers what they may do.
@Suite(.blocking) struct CrossOriginPageTests {
    /// A site on another port than the server, so on another origin.
    private static func site() throws -> (site: StubReceiver, origin: String) {
        let site = try StubReceiver()
        try site.respond(200, "<!doctype html><title>App</title>")
        return (site, "http://127.0.0.1:\(site.port)")
    }

    /// Sends a request from a page, and returns the status, a header and the body, or the name of the failure.
    private static func fetch(
        _ user: ConsoleUser,
        _ method: String,
        _ target: String,
        headers: [String: String],
        body: String? = nil
    ) throws -> JSON {
        let fields = headers.sorted { $0.key < $1.key }.map { "\(JSON.text($0.key)):\(JSON.text($0.value))" }
        return try user.page.evaluate(
            """
            fetch(\(JSON.text("http://127.0.0.1:\(user.server.port)\(target)")), {
                method: \(JSON.text(method)), headers: {\(fields.joined(separator: ","))},
                body: \(body.map(JSON.text) ?? "undefined")
            }).then(
                async (response) => ({
                    status: response.status, id: response.headers.get("x-request-id"),
                    total: response.headers.get("x-sendlog-total"), text: await response.text()
                }),
                (error) => ({ failure: error.name })
            )
            """
        )
    }

    @Test func `a page of an allowed origin can use the API with either header, and reads failures`() throws {
        let (site, origin) = try Self.site()
        let server = try Server(arguments: ["--allowed-origins", origin])
        let tenant = try server.tenant(permissions: "*")
        try tenant.record(SampleLog(id: "send-1"))
        let user = try ConsoleUser(server, at: origin)
        try user.open("/app")
        for key in [["Authorization": "Bearer \(tenant.key)"], ["X-Api-Key": tenant.key]] {
            var headers = key
            headers["Content-Type"] = "application/json"
            headers["X-Request-Id"] = "page-1"
            let found = try Self.fetch(user, "POST", "/send-logs/search", headers: headers, body: "{}")
            #expect(found["status"] == 200 && found["id"] == "page-1", "\(found)")
            #expect(try JSON(parsing: (found["text"].string ?? "").utf8)["data"]["total"] == 1)
            let export = try Self.fetch(user, "POST", "/send-logs/export", headers: key, body: "{}")
            #expect(export["total"] == "1" && export["text"].string?.contains("send-1") == true, "\(export)")
            let named = try Self.fetch(user, "PUT", "/campaigns/spring", headers: headers, body: #"{"name":"Spring"}"#)
            #expect(named["status"] == 200, "\(named)")
        }
        let refused = try Self.fetch(user, "GET", "/balance", headers: ["X-Api-Key": "nonsense"])
        #expect(refused["status"] == 401, "\(refused)")
        // The page is of the site, and not of the server.
        #expect(try site.requests().contains { $0.target == "/app" })
    }

    @Test func `a page of another origin cannot use the API`() throws {
        let (allowed, other) = (try Self.site(), try Self.site())
        let server = try Server(arguments: ["--allowed-origins", allowed.origin])
        let tenant = try server.tenant()
        let user = try ConsoleUser(server, at: other.origin)
        try user.open("/app")
        let headers = ["X-Api-Key": tenant.key]
        let found = try Self.fetch(user, "POST", "/send-logs/search", headers: headers, body: "{}")
        #expect(found["failure"] == "TypeError", "\(found)")
        // A request without a preflight reaches the server, but the page cannot read the response.
        let health = try Self.fetch(user, "GET", "/health", headers: [:])
        #expect(health["failure"] == "TypeError", "\(health)")
        #expect(try other.site.requests().contains { $0.target == "/app" })
    }
}
