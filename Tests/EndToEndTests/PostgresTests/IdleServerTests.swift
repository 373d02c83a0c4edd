import Foundation
import PostgresHarness
import TestSupport
import Testing

/// What a server costs the database while nothing happens.
@Suite(.blocking) struct IdleServerTests {
    /// Returns the number of transactions of a database so far, by all its sessions.
    private func transactions(of database: String, on postgres: PostgresServer) throws -> Int {
        let rows = try postgres.sql(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '\(database)'"
        )
        return try #require(rows.first.flatMap { Int($0) })
    }

    @Test func `an idle server with webhooks runs less than one statement a second`() throws {
        let postgres = try PostgresServer.shared()
        let name = try postgres.createDatabase()
        let server = try Server(database: postgres.url(name), arguments: ["--webhooks-allow", "127.0.0.1"])
        let tenant = try Hooks.tenant(on: server)
        let path = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send"))
        _ = try Hooks.receiver.waitForRequests(path, 1)
        // The pauses between polls grow for some seconds, and PostgreSQL writes its statistics up to 10 seconds late.
        Thread.sleep(forTimeInterval: 20)
        let before = try transactions(of: name, on: postgres)
        Thread.sleep(forTimeInterval: 30)
        let count = try transactions(of: name, on: postgres) - before
        #expect(count > 0, "no statement was counted")
        #expect(count <= 30, "\(count) statements in 30 seconds")
    }
}
