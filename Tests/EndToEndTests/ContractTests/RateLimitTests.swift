import Foundation
import TestSupport
import Testing

/// Rate limits of organisations, and status 429.
@Suite(.blocking) struct RateLimitTests {
    @Test func `429 names the time of the reset, and requests succeed after it`() throws {
        let server = try Server(arguments: ["--rate-limit-requests", "5", "--rate-limit-window", "3"])
        let tenant = try server.tenant()
        let before = Int(Date.now.timeIntervalSince1970)
        var refused: HTTPResponse?
        for _ in 0..<20 where refused == nil {
            let response = try tenant.get("/send-logs/send-1")
            if response.status == 429 { refused = response } else { #expect(response.status == 404) }
        }
        let response = try #require(refused)
        try expectFailure(response, 429, "rate_limited")
        let error = try response.json()["error"]
        #expect(error["remaining"] == 0)
        let resets = try #require(error["resetsAt"].integer)
        #expect((before...Int(Date.now.timeIntervalSince1970) + 4).contains(resets))
        let wait = try #require(response["retry-after"].flatMap { Int($0) })
        #expect((1...4).contains(wait))
        // After Retry-After seconds, the server accepts requests again.
        #expect(try Deadline.poll(for: Double(wait) + 1) { try tenant.get("/send-logs/send-1").status == 404 })
        #expect(try server.stop() == .code(0))
    }

    @Test func `all keys of an organisation share one rate limit, and other organisations do not`() throws {
        let server = try Server(arguments: ["--rate-limit-requests", "6", "--rate-limit-window", "600"])
        let (busy, quiet) = (try server.tenant(), try server.tenant())
        let secondKey = Tenant(
            server: server,
            name: busy.name,
            key: try server.key(of: busy.name, permissions: ["sendLog"])
        )
        let statuses = try (0..<10).map { try ($0 % 2 == 0 ? busy : secondKey).get("/send-logs/send-1").status }
        #expect(statuses.filter { $0 == 404 }.count == 6)
        #expect(statuses.suffix(4) == [429, 429, 429, 429])
        try expectFailure(busy.post("/send-logs", SampleLog(id: "send-1").json), 429, "rate_limited")
        #expect(try quiet.total() == 0)
        // Requests without a key do not count, and health always responds.
        #expect(try busy.request("GET", "/health", authorisation: "").status == 200)
        #expect(try server.stop() == .code(0))
    }

    @Test func `rate limits are off by default`() throws {
        let tenant = try Shared.emptyTenant
        let connection = try tenant.server.connect()
        for _ in 0..<500 {
            #expect(try connection.request("GET", "/send-logs/send-1", headers: tenant.headers).status == 404)
        }
    }
}
