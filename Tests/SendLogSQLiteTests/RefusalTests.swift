import Foundation
import GRDB
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

struct RefusalTests {
    @Test func `a database of a newer version is refused, and left unchanged`() async throws {
        let folder = try await folder { database in
            try database.execute(sql: "PRAGMA user_version = \(Schema.version + 1)")
        }
        try expectRefusal(of: folder, saying: "newer sendlog")
    }

    @Test func `a newer version is detected while another program has the file open`() async throws {
        let folder = try TemporaryFolder()
        try SQLiteStore(path: folder.file()).close()
        let other = try DatabaseQueue(path: folder.file())
        defer { try? other.close() }
        // The version is only in the write-ahead log; the header of the file still has the old one.
        try await other.write { try $0.execute(sql: "PRAGMA user_version = \(Schema.version + 1)") }
        let before = try folder.bytes()
        let refusal = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: folder.file()) }
        #expect(refusal.description.contains("newer sendlog"))
        #expect(try folder.bytes() == before)
        #expect(try await other.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == Schema.version + 1)
    }

    @Test func `another program's SQLite database is refused, and left unchanged`() async throws {
        let folder = try TemporaryFolder()
        let file = try DatabaseQueue(path: folder.file())
        try await file.write { try $0.execute(sql: "CREATE TABLE notes (text); INSERT INTO notes VALUES ('keep me')") }
        try file.close()
        try expectRefusal(of: folder, saying: "another program's SQLite database")
    }

    @Test(arguments: [
        "a", "hello, this is a letter\n", String(repeating: "not a database\n", count: 1000), "SQLite format 3",
    ])
    func `a file of another kind is refused, and left unchanged`(text: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(text.utf8)
        try expectRefusal(of: folder, saying: "not a sendlog database")
    }

    @Test(arguments: [100, 101, 512, 1024, 4095, 4096, 4097, 8192])
    func `a truncated database is refused, and left unchanged`(length: Int) async throws {
        let folder = try await folder { _ in }
        try folder.write(folder.bytes().prefix(length))
        try expectRefusal(of: folder, saying: "damaged")
    }

    @Test(arguments: ["DROP TABLE campaign_days", "DROP INDEX send_logs_by_start", "CREATE TABLE mine (a)"])
    func `a database with a wrong schema for its version is refused, and left unchanged`(change: String) async throws {
        let folder = try await folder { try $0.execute(sql: change) }
        try expectRefusal(of: folder, saying: "lacks tables or indexes")
    }

    @Test(arguments: 2...13) func `a damaged table or index is refused, and left unchanged`(page: Int) async throws {
        let folder = try await folder { _ in }
        var bytes = try folder.bytes()
        try #require(bytes.count >= page * 4096)
        for index in (page - 1) * 4096..<page * 4096 { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 | 1) }
        try folder.write(bytes)
        try expectRefusal(of: folder, saying: "damaged")
    }

    @Test func `a database whose schema is overwritten is refused, and left unchanged`() async throws {
        let folder = try await folder { _ in }
        var bytes = try folder.bytes()
        for index in 100..<4096 { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        try folder.write(bytes)
        try expectRefusal(of: folder, saying: "damaged")
    }

    @Test(.timeLimit(.minutes(10)))
    func `a file that another program has locked is refused after the lock timeout`() async throws {
        let folder = try await folder { _ in }
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        let lockHolder = try DatabaseQueue(path: folder.file(), configuration: configuration)
        defer { try? lockHolder.close() }
        try await lockHolder.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE; COMMIT") }
        let duration = try ContinuousClock().measure {
            let refusal = try #require(throws: StoreSetupError.self) {
                try SQLiteStore(path: folder.file(), options: .init(readers: 1, lockTimeout: 0.3))
            }
            #expect(refusal.description.contains("is locked by another program"))
        }
        #expect(duration >= .milliseconds(300))
    }

    @Test func `a missing folder is reported`() throws {
        let folder = try TemporaryFolder()
        let refusal = try #require(throws: StoreSetupError.self) {
            try SQLiteStore(path: folder.file("no/such/send.db"))
        }
        #expect(refusal.description.contains("cannot be created in"))
        #expect(refusal.description.contains(folder.file("no/such/send.db")))
        #expect(try folder.names() == [])
    }

    @Test func `a folder in place of a file is reported`() throws {
        let folder = try TemporaryFolder()
        let refusal = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: folder.path) }
        #expect(refusal.description.contains(folder.path))
        #expect(try folder.names() == [])
    }

    /// A folder with a closed database that `change` has changed.
    private func folder(_ change: @escaping @Sendable (Database) throws -> Void) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        _ = try await store.record([Sample.plain("a", count: 3)], in: store.organisation())
        try await store.writer.queue.write(change)
        store.close()
        #expect(try folder.names() == ["send.db"])
        return folder
    }

    private func expectRefusal(of folder: TemporaryFolder, saying reason: String) throws {
        let before = try folder.bytes()
        let refusal = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: folder.file()) }
        #expect(refusal.description.contains(reason), "\(refusal)")
        #expect(refusal.description.contains(folder.file()))
        #expect(try folder.bytes() == before)
        #expect(try folder.names() == ["send.db"])
    }
}
