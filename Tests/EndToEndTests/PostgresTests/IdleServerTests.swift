import Foundation
import PostgresHarness
import TestSupport
import Testing

/// What a server costs the database while nothing happens.
@Suite(.blocking) struct IdleServerTests {
    /// Returns the statements in the log of a PostgreSQL server that has `log_statement = all`.
    private func statements(of postgres: PostgresServer) -> [Substring] {
        postgres.log.split(separator: "\n").filter { $0.contains("LOG:  execute ") || $0.contains("LOG:  statement: ") }
    }

    @Test func `an idle server with webhooks runs less than one statement a second`() throws {
        // A server of its own, so that its log has the statements of the server alone.
        let postgres = try PostgresServer(settings: ["log_statement": "all"])
        let server = try Server(database: postgres.url("postgres"), arguments: ["--webhooks-allow", "127.0.0.1"])
        let tenant = try Hooks.tenant(on: server)
        let path = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send"))
        _ = try Hooks.receiver.waitForRequests(path, 1)
        // The pauses between polls grow for some seconds.
        Thread.sleep(forTimeInterval: 15)
        let before = statements(of: postgres).count
        Thread.sleep(forTimeInterval: 30)
        let idle = statements(of: postgres).dropFirst(before)
        #expect(!idle.isEmpty, "no statement was logged")
        #expect(idle.count <= 30, "\(idle.count) statements in 30 seconds:\n\(idle.joined(separator: "\n"))")
    }
}
