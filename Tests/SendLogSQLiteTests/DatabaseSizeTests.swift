import Foundation
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// The sizes of a database's files.
struct DatabaseSizeTests {
    private static func size(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    @Test func `the sizes are those of the file and of the WAL, which grows with recorded send logs`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file("a.db"))
        defer { store.close() }
        let organisation = try await store.organisation()
        let before = try await store.databaseSize()
        _ = try await store.record(Sample.logs(200, "log"), in: organisation)
        let after = try await store.databaseSize()
        #expect(after.bytes == (try Self.size(folder.file("a.db"))))
        #expect(after.walBytes == (try Self.size(folder.file("a.db-wal"))))
        #expect(try #require(after.walBytes) > #require(before.walBytes))
    }

    @Test func `without the files, the size is not known`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file("a.db"))
        defer { store.close() }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.removeItem(atPath: folder.file(name))
        }
        #expect(try await store.databaseSize() == DatabaseSize(bytes: nil, walBytes: 0))
    }
}
