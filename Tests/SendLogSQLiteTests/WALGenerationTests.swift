import Foundation
import GRDB
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// A database is never opened with the WAL of another one, and always with its own.
struct WALGenerationTests {
    @Test func `after a crash, a database opens with its own WAL`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            for number in 0..<5 {
                _ = try await store.record([Sample.plain("a\(number)")], in: organisation)
                if number == 2 { checkpoint(store) }
                try await expect(Files(folder), toHaveSends: number + 1)
            }
            // As at a crash after some pages were moved, but not the others.
            beginGeneration(store)
            let (before, wal) = (try folder.bytes(), try folder.bytes("send.db-wal"))
            store.writer.queue.inDatabase { _ in store.writer.checkpoint() }
            let after = try folder.bytes()
            for length in stride(from: 0, through: after.count, by: 4096) {
                let mixtures = [
                    after.prefix(length) + before.dropFirst(length), before.prefix(length) + after.dropFirst(length),
                ]
                for mixture in mixtures { try await expect(Files(main: Array(mixture), wal: wal), toHaveSends: 5) }
            }
        }
    }

    @Test func `a WAL of any length and with any damage is left to SQLite`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("a")], in: organisation)
            let files = try Files(folder)
            var random = SplitMix64(defaultSeed: 19)
            for _ in 0..<60 {
                var wal = files.wal
                if Bool.random(using: &random) {
                    wal = Array(wal.prefix(Int.random(in: 0...wal.count, using: &random)))
                } else {
                    wal[Int.random(in: 0..<wal.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                try await expect(Files(main: files.main, wal: wal), toHaveSends: nil)
            }
        }
    }

    @Test func `a backup beside the WAL of the database it replaces is refused, and neither is changed`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("a")], in: organisation)
            try await store.backUp(to: folder.file("backup.db"))
            _ = try await store.record([Sample.plain("b")], in: organisation)
            let restored = Files(main: try folder.bytes("backup.db"), wal: try folder.bytes("send.db-wal"))
            try await expectRefusal(of: restored)
            try await expect(Files(main: restored.main, wal: []), toHaveSends: 1)
        }
    }

    @Test func `an older copy of the file itself is refused, unless the WAL has all that it lacks`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("a")], in: organisation)
            checkpoint(store)
            let older = try folder.bytes()
            // The WAL is restarted with this write, so the copy is its beginning.
            _ = try await store.record([Sample.plain("b")], in: organisation)
            try await expect(Files(main: older, wal: try folder.bytes("send.db-wal")), toHaveSends: 2)
            checkpoint(store)
            _ = try await store.record([Sample.plain("c")], in: organisation)
            try await expectRefusal(of: Files(main: older, wal: try folder.bytes("send.db-wal")))
        }
    }

    @Test func `a restart of the WAL is seen, however long its first transaction is`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            checkpoint(store)
            let older = try folder.bytes()
            for count in [1, 4, 50, 400] {
                let logs = try (0..<count).map { try Sample.plain("\(count)-\($0)", count: 50) }
                _ = try await store.record(logs, in: organisation)
                checkpoint(store)
            }
            _ = try await store.record([Sample.plain("last")], in: organisation)
            try await expectRefusal(of: Files(main: older, wal: try folder.bytes("send.db-wal")))
            try await expect(Files(folder), toHaveSends: 456)
        }
    }

    @Test func `a backup that is restored twice is refused beside the WAL of the first time`() async throws {
        try await withStore { store, folder in
            _ = try await store.organisation()
            try await store.backUp(to: folder.file("backup.db"))
            let backup = try folder.bytes("backup.db")
            let first = try TemporaryFolder()
            try first.write(backup)
            let used = try SQLiteStore(path: first.file())
            defer { used.close() }
            let organisation = try #require(try await used.organisations().first).id
            _ = try await used.record([Sample.plain("a")], in: organisation)
            try await expect(Files(first), toHaveSends: 1)
            try await expectRefusal(of: Files(main: backup, wal: try first.bytes("send.db-wal")))
        }
    }

    @Test func `a state between two checkpoints of one WAL is refused beside the next WAL`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            // While a reader is active, SQLite does not restart the WAL.
            let reader = try #require(try store.file.openReaders(1).first)
            defer { try? reader.close() }
            try Query("BEGIN", on: reader).run()
            try Query("SELECT 1 FROM organisations", on: reader).run()
            var states: [[UInt8]] = []
            for number in 0..<3 {
                _ = try await store.record([Sample.plain("a\(number)")], in: organisation)
                checkpoint(store)
                states.append(try folder.bytes())
            }
            try Query("COMMIT", on: reader).run()
            checkpoint(store)
            _ = try await store.record([Sample.plain("last")], in: organisation)
            let wal = try folder.bytes("send.db-wal")
            for state in states { try await expectRefusal(of: Files(main: state, wal: wal)) }
            try await expect(Files(folder), toHaveSends: 4)
        }
    }

    @Test func `an older version of the file is refused beside the WAL of its migration's successors`() async throws {
        let folder = try TemporaryFolder()
        let old = try DatabaseQueue(path: folder.file())
        try await old.write { try Schema.migrate($0, from: 0, to: Schema.firstVersionWithGeneration) }
        try old.close()
        let before = try folder.bytes()
        let store = try SQLiteStore(path: folder.file())
        defer { store.close() }
        let organisation = try await store.organisation()
        // The WAL has the migration itself, so the older file can follow.
        try await expect(Files(main: before, wal: try folder.bytes("send.db-wal")), toHaveSends: 0)
        checkpoint(store)
        _ = try await store.record([Sample.plain("a")], in: organisation)
        try await expectRefusal(of: Files(main: before, wal: try folder.bytes("send.db-wal")))
        try await expect(Files(folder), toHaveSends: 1)
    }

    @Test func `a database of an earlier version opens with its WAL`() async throws {
        let folder = try TemporaryFolder()
        let old = try DatabaseQueue(path: folder.file())
        defer { try? old.close() }
        try await old.write { try Schema.migrate($0, from: 0, to: 8) }
        try await old.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try await old.write {
            try $0.execute(sql: "INSERT INTO organisations (name, created) VALUES ('Acme', 0)")
        }
        try await expect(Files(folder), toHaveSends: 0)
    }

    @Test func `a migration that crashes before its checkpoint opens again`() async throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let old = try DatabaseQueue(path: folder.file(), configuration: configuration)
        try await old.write { try Schema.migrate($0, from: 0, to: 8) }
        try await old.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        // A reader prevents the checkpoint.
        try await old.writeWithoutTransaction {
            try $0.execute(sql: "BEGIN")
            _ = try Row.fetchOne($0, sql: "SELECT * FROM organisations")
        }
        defer { try? old.close() }
        let store = try SQLiteStore(path: folder.file(), options: .init(readers: 1, lockTimeout: 0.1))
        defer { store.close() }
        #expect(try !folder.bytes().contains(Array("sendlog-wal-mark".utf8)))
        let organisation = try await store.organisation()
        _ = try await store.record([Sample.plain("a")], in: organisation)
        try await expect(Files(folder), toHaveSends: 1)
        try await old.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
    }

    @Test func `content that looks like the row has no effect`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            checkpoint(store)
            let mark = "\u{4}\u{2D}\u{2C}\u{2C}sendlog-wal-mark" + String(repeating: "x", count: 32)
            for length in 0..<120 {
                let text = String(repeating: mark, count: 90) + String(repeating: "y", count: length * 37)
                _ = try await store.record(
                    [Sample.log("a\(length)", message: text, destinations: ["\(text.prefix(300))"])],
                    in: organisation
                )
            }
            try await expect(Files(folder), toHaveSends: 120)
        }
    }

    @Test func `a WAL without its database is refused, and kept`() async throws {
        try await withStore { store, folder in
            _ = try await store.organisation()
            let wal = try folder.bytes("send.db-wal")
            for main in [nil, []] as [[UInt8]?] {
                let alone = try TemporaryFolder()
                try alone.write(wal, to: "send.db-wal")
                if let main { try alone.write(main) }
                let refusal = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: alone.file()) }
                #expect(refusal.description.contains("does not exist or is empty, but \(alone.file())-wal"))
                #expect(try alone.bytes("send.db-wal") == wal)
            }
        }
    }

    /// A database file and its WAL.
    private struct Files {
        let main: [UInt8]
        let wal: [UInt8]

        init(main: [UInt8], wal: [UInt8]) { (self.main, self.wal) = (main, wal) }

        /// Reads the files of a store that is not closed, as a crash would leave them.
        init(_ folder: TemporaryFolder) throws {
            (main, wal) = (try folder.bytes(), try folder.bytes("send.db-wal"))
        }

        func write() throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            try folder.write(main)
            if !wal.isEmpty { try folder.write(wal, to: "send.db-wal") }
            return folder
        }
    }

    /// Begins a generation, as before every checkpoint, and moves as much as readers permit.
    private func checkpoint(_ store: SQLiteStore) {
        beginGeneration(store)
        store.writer.queue.inDatabase { _ in store.writer.checkpoint() }
    }

    private func beginGeneration(_ store: SQLiteStore) {
        store.writer.queue.inDatabase { _ in
            try? store.writer.transaction { try Query(WALGeneration.begin, on: $0).run() }
        }
    }

    private func expect(_ files: Files, toHaveSends count: Int?) async throws {
        let folder = try files.write()
        let store = try SQLiteStore(path: folder.file(), options: .init(readers: 1))
        defer { store.close() }
        let sends = try await store.organisations().map(\.sends).reduce(0, +)
        if let count {
            #expect(sends == count)
            #expect(try await store.check { _, _ in } == [])
        }
    }

    private func expectRefusal(of files: Files) async throws {
        let folder = try files.write()
        let refusal = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: folder.file()) }
        #expect(refusal.description.contains("\(folder.file())-wal belongs to another database"), "\(refusal)")
        #expect(try folder.bytes() == files.main)
        #expect(try folder.bytes("send.db-wal") == files.wal)
    }
}
