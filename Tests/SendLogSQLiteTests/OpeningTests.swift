import Foundation
import GRDB
import SendLogCore
import SendLogRecipients
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// Opening a database keeps its data.
struct OpeningTests {
    @Test func `a missing file is created, and opened again with its data`() async throws {
        let folder = try TemporaryFolder()
        let log = try Sample.plain("a", count: 3)
        for turn in 0..<3 {
            let store = try SQLiteStore(path: folder.file())
            defer { store.close() }
            if turn == 0 { #expect(try await store.record([log], in: store.organisation()).count == 1) }
            let organisation = try #require(try await store.organisations().first)
            #expect((organisation.sends, organisation.destinations) == (1, 3))
            #expect(try await store.sendLog(log.id, in: organisation.id).record == log.record)
        }
        // A closed database is one file.
        #expect(try folder.names() == ["send.db"])
    }

    @Test func `an empty file becomes a database`() async throws {
        let folder = try TemporaryFolder()
        try folder.write([])
        let store = try SQLiteStore(path: folder.file())
        defer { store.close() }
        #expect(try await store.organisations() == [])
    }

    @Test func `every acknowledged write is synced to a write-ahead log`() async throws {
        try await withStore { store, _ in
            let settings = ["journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"]
            for (name, value) in settings { #expect(try await setting(name, of: store) == value) }
            #expect(try await setting("application_id", of: store) == "\(Schema.applicationID)")
            #expect(try await setting("user_version", of: store) == "\(Schema.version)")
            // The second opening, which creates no tables, has the same settings.
            let again = try SQLiteStore(path: store.writer.queue.path)
            defer { again.close() }
            for (name, value) in settings { #expect(try await setting(name, of: again) == value) }
        }
    }

    @Test func `readers cannot write`() async throws {
        try await withStore { store, _ in
            await #expect(throws: StoreError.self) {
                try await store.readers.pointRead { connection in
                    try connection.queue.inDatabase { try $0.execute(sql: "DELETE FROM organisations") }
                }
            }
        }
    }

    @Test(arguments: 0..<Schema.version) func `a database of any earlier version is migrated to the newest`(
        version: Int
    ) async throws {
        let folder = try TemporaryFolder()
        let file = try DatabaseQueue(path: folder.file())
        try await file.write { database in
            try Schema.migrate(database, from: 0, to: version)
            guard version > 2 else { return }
            // Data of that version, which later steps complete.
            try database.execute(
                sql: """
                    INSERT INTO organisations (id, name, created, sequence) VALUES (7, 'Old', 0, 40);
                    INSERT INTO webhooks (organisation, id, definition, secrets, version, created, updated, active, told)
                        VALUES (7, 'hook', '{"url":"https://a.example"}', '[]', 1,
                        0, 0, 1, 40)
                    """
            )
        }
        try file.close()
        let upgraded = try SQLiteStore(path: folder.file())
        defer { upgraded.close() }
        if version > 2 {
            let old = OrganisationID(7)
            let hook = try #require(try await upgraded.webhooks(in: old).first)
            #expect(hook.progress == WebhookProgress(cursor: SequenceNumber(40)))
            let times = try await upgraded.recordingTimes(in: old, after: SequenceNumber(-1), limit: 9)
            // Since version 10, times of recording are known.
            #expect(times.map(\.sequence.number) == (version < 10 ? [40] : []))
            #expect(times.allSatisfy { $0.at.milliseconds > 1_700_000_000_000 })
            #expect(try await upgraded.organisation(old).callingCode == nil)
            // Existing send logs are to be indexed.
            let lag = try await upgraded.recipientIndexLag()
            #expect(lag == RecipientIndexLag(sendLogs: 40, organisations: 1))
            let lease = RecipientIndexLease(owner: "one", start: .earliest, end: .latest)
            let leased = try #require(try await upgraded.leaseAdditions(lease))
            #expect((leased.organisation, leased.index.through) == (old, SequenceNumber(0)))
        }
        let organisation = try await upgraded.organisation()
        _ = try await upgraded.record([Sample.plain("a")], in: organisation)
        let request = try Sample.request("key", attempt: "one")
        #expect(try await upgraded.beginRequest(request, in: organisation) == .started(reserved: request.id))
        #expect(try await schema(of: upgraded) == schemaOfNewDatabase())
        #expect(try await setting("user_version", of: upgraded) == "\(Schema.version)")
    }

    @Test func `several programs can open a new file at the same time`() async throws {
        for _ in 0..<20 {
            let folder = try TemporaryFolder()
            let path = folder.file()
            let ids = try await withThrowingTaskGroup(of: OrganisationID.self) { group in
                for program in 0..<8 {
                    group.addTask {
                        let store = try SQLiteStore(path: path, options: .init(readers: 1))
                        defer { store.close() }
                        return try await store.organisation("Program \(program)")
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 8)
        }
    }

    private func setting(_ name: String, of store: SQLiteStore) async throws -> String? {
        try await store.writer.queue.read { database in
            let value = try DatabaseValue.fetchOne(database, sql: "PRAGMA \(name)")
            return value?.storage.value.map { "\($0)" }
        }
    }

    private func schema(of store: SQLiteStore) async throws -> [String] {
        try await store.writer.queue.read {
            try String.fetchAll($0, sql: "SELECT sql FROM sqlite_schema WHERE sql <> '' ORDER BY name")
        }
    }

    private func schemaOfNewDatabase() async throws -> [String] {
        var schema: [String] = []
        try await withStore { store, _ in schema = try await self.schema(of: store) }
        return schema
    }
}
