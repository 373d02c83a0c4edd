import TestSupport
import Testing

/// The rate limits of people, who use the console, and of programs, which use the API.
@Suite(.blocking) struct ConsoleRateLimitTests {
    private static let running = Result {
        try Server(
            arguments: [
                "--rate-limit-requests", "5", "--rate-limit-window", "600", "--rate-limit-console-requests", "20",
            ]
        )
    }

    private static func tenant() throws -> Tenant { try running.get().tenant(permissions: "*") }

    /// Sends requests until one of them gets 429.
    private static func exhaust(_ send: () throws -> HTTPResponse) throws -> HTTPResponse {
        // Of the console's limit, a new window may begin meanwhile.
        for _ in 0..<60 {
            let response = try send()
            if response.status == 429 { return response }
            #expect(response.status == 200)
        }
        throw TestFailure("no request got 429")
    }

    @Test func `a program that has reached the limit of the API leaves the console usable`() throws {
        let tenant = try Self.tenant()
        try expectFailure(Self.exhaust { try tenant.get("/balance") }, 429, "rate_limited")
        let client = try ConsoleClient(tenant)
        for path in ["/console/sends", "/console/campaigns", "/console/sends.csv"] {
            #expect(try client.get(path).status == 200, "\(path)")
        }
    }

    @Test func `people who have reached the limit of the console read when to try again, and programs go on`() throws {
        let tenant = try Self.tenant()
        let client = try ConsoleClient(tenant)
        let page = try Self.exhaust { try client.get("/console/campaigns?search=a") }
        #expect(page["content-type"] == "text/html; charset=utf-8")
        let seconds = try #require(page["retry-after"].flatMap { Int($0) })
        #expect((1...60).contains(seconds))
        #expect(page.text.contains("<h1>Too many requests</h1>"))
        #expect(page.text.contains("Try again in \(seconds) second"), "\(page.text)")
        #expect(page.text.contains("href=\"/console/campaigns?search=a\">Try again</a>"))
        #expect(page.text.contains("<nav aria-label=\"Main\">") && page.text.contains("href=\"/console/keys\""))
        #expect(try tenant.get("/balance").status == 200)
        // Other organisations have their own limit, and signing in and out needs none.
        #expect(try ConsoleClient(Self.tenant()).get("/console/campaigns").status == 200)
        let token = try client.csrfToken(page)
        #expect(try client.post("/console/sign-out", ["form-token": token]).status == 303)
        #expect(try ConsoleClient(tenant.server).signIn(tenant.key).status == 303)
    }

    @Test func `downloads and forms count against the limit of the console`() throws {
        let client = try ConsoleClient(Self.tenant())
        let token = try client.csrfToken(client.get("/console/time-zone"))
        let fields = [("form-token", token), ("zone", "UTC")]
        let refused = try Self.exhaust {
            let form = try client.post("/console/time-zone", fields)
            guard form.status == 303 else { return form }
            return try client.get("/console/sends.csv")
        }
        #expect(refused.text.contains("<h1>Too many requests</h1>"))
    }
}
