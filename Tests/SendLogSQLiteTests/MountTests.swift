#if os(Linux)
import Foundation
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// Full and read-only disks, which need the permission to mount a file system.
@Suite(.serialized) struct MountTests {
    @Test func `a file on a read-only disk is refused`() async throws {
        let disk = try SmallDisk(megabytes: 16)
        let file = disk.folder.file("send.db")
        let store = try SQLiteStore(path: file)
        _ = try await store.record([Sample.plain("a")], in: store.organisation())
        store.close()
        try disk.remount(isReadOnly: true)
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        let refusal = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: file) }
        #expect(refusal.description.contains("is read-only; sendlog must be able to write to it"), "\(refusal)")
        let missing = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: file + ".new") }
        #expect(missing.description.contains(file + ".new"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
        try disk.remount(isReadOnly: false)
        let again = try SQLiteStore(path: file)
        defer { again.close() }
        #expect(try await again.organisations().first?.sends == 1)
    }

    @Test func `a full disk refuses whole batches, reads go on, and recording resumes when there is space`()
        async throws
    {
        let disk = try SmallDisk(megabytes: 4)
        let file = disk.folder.file("send.db")
        let store = try SQLiteStore(path: file)
        defer { store.close() }
        let organisation = try await store.organisation()
        let long = String(repeating: "x", count: 60_000)
        _ = try await store.record([Sample.plain("first")], in: organisation)
        try disk.fill(atMost: 2 << 20)
        var recorded = 1
        for number in 0..<100 {
            let logs = try (0..<3).map { try Sample.plain("log-\(number)-\($0)", message: long, count: 5) }
            do throws(StoreError) {
                recorded += try await store.record(logs, in: organisation).count
            } catch {
                guard case .unavailable(.full, _) = error else { throw error }
                break
            }
        }
        try #require(recorded > 1 && recorded < 301, "the disk must become full during the test")
        #expect(try await store.search(SendLogSearch(limit: 1), in: organisation).total == recorded)
        #expect(try await store.organisations().first?.sends == recorded)
        try disk.empty()
        let outcomes = try await store.record([Sample.plain("last", message: long)], in: organisation)
        #expect(outcomes == [.recorded(try await store.sendLog(#require(SendLogID("last")), in: organisation))])
        #expect(try await store.search(SendLogSearch(), in: organisation).asOf.number == Int64(recorded + 1))
        try await expectSoundCounters(of: store)
    }
}
#endif
