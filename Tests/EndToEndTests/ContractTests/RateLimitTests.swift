import Foundation
import TestSupport
import Testing

/// contract.md, the row of 429.
@Suite(.blocking) struct RateLimitTests {
    @Test func `429 says when the limit ends, and it ends then`() throws {
        let server = try Server(arguments: ["--rate-limit-requests", "5", "--rate-limit-window", "3"])
        let tenant = try server.tenant()
        let before = Int(Date.now.timeIntervalSince1970)
        var refused: HTTPResponse?
        for _ in 0..<20 where refused == nil {
            let answer = try tenant.get("/send-logs/send-1")
            if answer.status == 429 { refused = answer } else { #expect(answer.status == 404) }
        }
        let answer = try #require(refused)
        try expectFailure(answer, 429, "rate_limited")
        let error = try answer.json()["error"]
        #expect(error["remaining"] == 0)
        let resets = try #require(error["resetsAt"].integer)
        #expect((before...Int(Date.now.timeIntervalSince1970) + 4).contains(resets))
        let wait = try #require(answer["retry-after"].flatMap { Int($0) })
        #expect((1...4).contains(wait))
        // Told to come back after so many seconds, the client is served then.
        #expect(try Deadline.poll(for: Double(wait) + 1) { try tenant.get("/send-logs/send-1").status == 404 })
        #expect(try server.stop() == .code(0))
    }

    @Test func `a rate limit is shared by all keys of an organisation, and by no other`() throws {
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
        // Without a key nothing is counted, and health is always answered.
        #expect(try busy.request("GET", "/health", authorisation: "").status == 200)
        #expect(try server.stop() == .code(0))
    }

    @Test func `limits are off until configured`() throws {
        let tenant = try Shared.emptyTenant
        let connection = try tenant.server.connect()
        for _ in 0..<500 {
            #expect(try connection.request("GET", "/send-logs/send-1", headers: tenant.headers).status == 404)
        }
    }
}
