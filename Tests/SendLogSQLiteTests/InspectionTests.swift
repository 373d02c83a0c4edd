import Foundation
import GRDB
import SendLogCore
import SendLogRecipients
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// A look at a file finds what is wrong, and changes nothing.
struct InspectionTests {
    private func check(_ body: (InspectionCheck) async throws -> Void) async throws {
        try await withStore { store, folder in
            let check = try await InspectionCheck(
                store,
                inspect: { try SQLiteInspection(path: folder.file(), lockTimeout: 5) },
                execute: { sql in try await store.writer.queue.write { try $0.execute(sql: sql) } }
            )
            try await body(check)
        }
    }

    @Test func `times in the future are found`() async throws {
        try await check { try await $0.findsFutureTimes(leaseColumn: "lease_end", sessionTable: "sessions") }
    }

    @Test func `planned sends are counted`() async throws { try await check { try await $0.countsPlannedSends() } }

    @Test func `paused, failing and delayed webhooks are found`() async throws {
        try await check { try await $0.findsLateWebhooks() }
    }

    @Test func `keys with every permission are found`() async throws {
        try await check { try await $0.findsUnlimitedKeys() }
    }

    @Test func `damaged rows are found`() async throws { try await check { try await $0.findsDamage() } }

    @Test func `a damaged page is found`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        let organisation = try await store.organisation()
        _ = try await store.record((0..<2000).map { try Sample.plain("log-\($0)", count: 9) }, in: organisation)
        let roots = try await store.writer.queue.read {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'send_logs_by_start'")
        }
        store.close()
        var bytes = try folder.bytes()
        let root = try #require(roots)
        // The number of cells of the index's root page.
        bytes[(root - 1) * 4096 + 3] = 0xff
        try folder.write(bytes)
        let inspection: SQLiteInspection
        do throws(StoreSetupError) { inspection = try SQLiteInspection(path: folder.file(), lockTimeout: 0) } catch {
            #expect(error.description.contains("damaged"))
            return
        }
        defer { inspection.close() }
        #expect(try inspection.damage().contains { $0.hasPrefix("SQLite: ") })
    }

    @Test func `a closed file stays as it is, and no other file remains`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        _ = try await store.record([Sample.plain("a", count: 3)], in: store.organisation())
        store.close()
        let before = try folder.bytes()
        let inspection = try SQLiteInspection(path: folder.file(), lockTimeout: 0)
        #expect(try inspection.damage() == [])
        inspection.close()
        #expect(try folder.bytes() == before)
        #expect(try folder.names() == ["send.db"])
    }

    @Test func `a file beside the WAL of a crashed server stays as it is, and the WAL is read`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        defer { store.close() }
        _ = try await store.record([Sample.plain("a", count: 3)], in: store.organisation())
        let crashed = try TemporaryFolder()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.file() + suffix, toPath: crashed.file() + suffix)
        }
        let before = (try crashed.bytes(), try crashed.bytes("send.db-wal"))
        #expect(!before.1.isEmpty)
        let inspection = try SQLiteInspection(path: crashed.file(), lockTimeout: 0)
        #expect(try inspection.sendCount(startingAfter: Day(number: 0)) == 1)
        inspection.close()
        #expect(try crashed.bytes() == before.0)
        #expect(try crashed.bytes("send.db-wal") == before.1)
    }

    @Test func `a file of an earlier version is not migrated, and one that is missing is not created`() async throws {
        let folder = try TemporaryFolder()
        let file = try DatabaseQueue(path: folder.file())
        try await file.write { try Schema.migrate($0, from: 0, to: Schema.version - 1) }
        try file.close()
        let before = try folder.bytes()
        let inspection = try SQLiteInspection(path: folder.file(), lockTimeout: 0)
        #expect(inspection.needsMigration)
        inspection.close()
        #expect(try folder.bytes() == before)
        let missing = #expect(throws: StoreSetupError.self) {
            _ = try SQLiteInspection(path: folder.file("none.db"), lockTimeout: 0)
        }
        #expect(missing?.isMissing == true)
        #expect(try folder.names() == ["send.db"])
    }

    @Test func `a connection for a look cannot write`() async throws {
        let folder = try TemporaryFolder()
        try SQLiteStore(path: folder.file()).close()
        for isOpen in [false, true] {
            // An open store has a WAL, so the connection can only read; otherwise SQLite refuses to write.
            let store = isOpen ? try SQLiteStore(path: folder.file()) : nil
            defer { store?.close() }
            _ = try await store?.organisation()
            let (_, connection, _) = try DatabaseFile(path: folder.file(), lockTimeout: 0).openForInspection()
            #expect(throws: DatabaseError.self) { try Query("DELETE FROM organisations", on: connection).run() }
            try connection.close()
        }
    }

    @Test func `a statement that takes too long is ended`() async throws {
        let queue = try DatabaseQueue()
        let connection = try Connection(queue)
        let limit = StatementTimeLimit(on: connection)
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        let count = try limit.run(atMost: 1) {
            let query = try Query(dynamicSQL: endless, on: connection)
            return try query.step()
        }
        #expect(count == nil)
        // Later statements have a limit of their own.
        let short = try limit.run(atMost: 60) {
            let query = try Query("SELECT 7", on: connection)
            return try query.step() ? query.integer(0) : 0
        }
        #expect(short == 7)
        try connection.close()
    }
}
