import Foundation
import SendLogCore
import TestSupport
import Testing

@testable import SendLogServer

/// The file beside a database that says when backups were made.
@Suite struct BackupRecordTests {
    private func entry(_ day: Int) throws -> BackupRecord.Entry {
        let at = try #require(Timestamp(milliseconds: Int64(day) * Day.milliseconds))
        return BackupRecord.Entry(at: at, file: "/backups/\(day) é \"quoted\".db")
    }

    @Test func `without a record there are no backups`() throws {
        let folder = try TemporaryFolder()
        #expect(try BackupRecord(of: folder.file()).entries() == [])
        #expect(try folder.names() == [])
    }

    @Test func `backups are read in the order in which they were added, and only their owner can read them`() throws {
        let folder = try TemporaryFolder()
        let record = BackupRecord(of: folder.file())
        for day in 0..<3 { try record.add(entry(day)) }
        #expect(try record.entries() == (0..<3).map(entry))
        #expect(try folder.names() == ["send.db-backups"])
        let mode = try FileManager.default.attributesOfItem(atPath: record.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `the oldest backups are removed, and long names leave nothing behind`() throws {
        let folder = try TemporaryFolder()
        let record = BackupRecord(of: folder.file())
        let long = BackupRecord.Entry(at: .earliest, file: "/" + String(repeating: "x", count: 4000))
        try record.add(long)
        for day in 0..<BackupRecord.maxEntries + 5 { try record.add(entry(day)) }
        #expect(try record.entries() == (5..<BackupRecord.maxEntries + 5).map(entry))
    }

    @Test func `damaged lines are left out`() throws {
        let folder = try TemporaryFolder()
        let record = BackupRecord(of: folder.file())
        try record.add(entry(1))
        let line = String(decoding: try folder.bytes("send.db-backups"), as: UTF8.self)
        try folder.write("send.db-backups", "{\"at\":\"yesterday\",\"file\":\"/a\"}\n\u{0}\n\(line)[1]\n{\"at\":\"20")
        #expect(try record.entries() == [entry(1)])
        try record.add(entry(2))
        #expect(try record.entries() == [entry(1), entry(2)])
    }

    @Test func `a record that is not a file is refused by its path`() throws {
        let folder = try TemporaryFolder()
        let record = BackupRecord(of: folder.file())
        try FileManager.default.createDirectory(atPath: record.path, withIntermediateDirectories: false)
        let unreadable = #expect(throws: StoreSetupError.self) { _ = try record.entries() }
        #expect(unreadable?.description.contains("\(record.path) cannot be read") == true)
        let unwritable = #expect(throws: StoreSetupError.self) { try record.add(entry(1)) }
        #expect(unwritable?.description.contains("\(record.path) cannot be written") == true)
    }

    @Test func `backups that end at the same time are all recorded`() async throws {
        let folder = try TemporaryFolder()
        let entries = try (0..<40).map(entry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for entry in entries {
                group.addTask { try BackupRecord(of: folder.file()).add(entry) }
            }
            try await group.waitForAll()
        }
        #expect(Set(try BackupRecord(of: folder.file()).entries().map(\.file)) == Set(entries.map(\.file)))
    }
}
