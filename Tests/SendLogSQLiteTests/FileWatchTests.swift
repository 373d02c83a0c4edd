import Foundation
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// A store whose file is deleted, moved or replaced confirms nothing more.
struct FileWatchTests {
    @Test func `after the file is moved, no write is confirmed; after it is moved back, the store continues`()
        async throws
    {
        try await withWatchedStore { store, organisation, folder, reports in
            try FileManager.default.moveItem(atPath: folder.file(), toPath: folder.file("moved.db"))
            // The write itself finds it, before the check that runs every second.
            try await expectReplaced { try await store.record([Sample.plain("b")], in: organisation) }
            try await expectReplaced { try await store.sendLog(#require(SendLogID("a")), in: organisation) }
            try await expectReplaced { try await store.search(SendLogSearch(), in: organisation) }
            try await expectReplaced { try await store.organisation("Other") }
            // The check that runs every second reports it.
            #expect(try await Deadline.wait(for: 60) { !reports.value.isEmpty })
            try FileManager.default.moveItem(atPath: folder.file("moved.db"), toPath: folder.file())
            #expect(try await Deadline.wait(for: 60) { (try? await store.organisations()) != nil })
            _ = try await store.record([Sample.plain("c")], in: organisation)
            #expect(try await store.check { _, _ in } == [])
            #expect(try await Deadline.wait(for: 60) { reports.value.last == .some(nil) })
        }
    }

    @Test(arguments: ["send.db", "send.db-wal", "send.db-shm"])
    func `a file that is deleted while the store is idle is reported, and the store closes without harm`(
        name: String
    ) async throws {
        try await withWatchedStore { store, organisation, folder, reports in
            try FileManager.default.removeItem(atPath: folder.file(name))
            #expect(try await Deadline.wait(for: 60) { !reports.value.isEmpty })
            #expect(reports.value.first??.hasPrefix("\(folder.file(name)) was deleted, moved or replaced") == true)
            try await expectReplaced { try await store.record([Sample.plain("b")], in: organisation) }
            try await expectReplaced { try await store.organisations() }
            let left = try folder.names()
            store.close()
            #expect(try folder.names() == left)
        }
    }

    @Test func `a WAL that is deleted loses nothing, and one that is shortened is noticed`() async throws {
        try await withWatchedStore { store, organisation, folder, reports in
            try FileManager.default.removeItem(atPath: folder.file("send.db-wal"))
            try await expectReplaced { try await store.record([Sample.plain("b")], in: organisation) }
            #expect(try await Deadline.wait(for: 60) { !reports.value.isEmpty })
            store.close()
            let copy = try TemporaryFolder()
            try copy.write(folder.bytes())
            let again = try SQLiteStore(path: copy.file())
            defer { again.close() }
            // The write that was not confirmed may be there.
            #expect(try await again.organisations().map(\.sends).first ?? 0 >= 1)
        }
        try await withWatchedStore { store, organisation, folder, _ in
            #expect(truncate(folder.file("send.db-wal"), 0) == 0)
            try await expectReplaced { try await store.record([Sample.plain("b")], in: organisation) }
            try await expectReplaced { try await store.organisations() }
            store.close()
        }
    }

    @Test(arguments: [true, false])
    func `a file that replaces the database keeps its content, and is not opened with the old WAL`(
        isRenamed: Bool
    ) async throws {
        try await withWatchedStore { store, organisation, folder, reports in
            try await store.backUp(to: folder.file("backup.db"))
            let backup = try folder.bytes("backup.db")
            _ = try await store.record([Sample.plain("b")], in: organisation)
            if isRenamed {
                _ = try #require(rename(folder.file("backup.db"), folder.file()) == 0 ? true : nil)
            } else {
                // Overwrites without shortening the file first, which would end the process with SIGBUS.
                let file = try #require(FileHandle(forUpdatingAtPath: folder.file()))
                try file.write(contentsOf: backup)
                try file.truncate(atOffset: UInt64(backup.count))
                try file.close()
            }
            #expect(try await Deadline.wait(for: 60) { !reports.value.isEmpty })
            try await expectReplaced { try await store.record([Sample.plain("c")], in: organisation) }
            store.close()
            #expect(try folder.bytes() == backup)
            // The process that used the file still has it open, so another one is simulated by a copy.
            let next = try TemporaryFolder()
            try next.write(backup)
            try next.write(folder.bytes("send.db-wal"), to: "send.db-wal")
            let refusal = try #require(throws: StoreSetupError.self) { try SQLiteStore(path: next.file()) }
            #expect(refusal.description.contains("-wal belongs to another database"))
            try FileManager.default.removeItem(atPath: next.file("send.db-wal"))
            let restored = try SQLiteStore(path: next.file())
            defer { restored.close() }
            #expect(try await restored.organisations().map(\.sends) == [1])
        }
    }

    @Test func `the file is some seconds old`() async throws {
        try await withWatchedStore(checkpointSeconds: 1) { store, organisation, folder, _ in
            for number in 0..<3 {
                _ = try await store.record([Sample.plain("b\(number)")], in: organisation)
                let isCopied = try await Deadline.wait(for: 60) {
                    // The file alone, without its WAL.
                    guard let copy = try? TemporaryFolder(), let bytes = try? folder.bytes(),
                        (try? copy.write(bytes)) != nil, let alone = try? SQLiteStore(path: copy.file())
                    else { return false }
                    defer { alone.close() }
                    return (try? await alone.organisations().map(\.sends)) == [number + 2]
                }
                #expect(isCopied)
            }
        }
    }

    /// Runs a test on a store that checks its file as a server does, with one send log.
    private func withWatchedStore(
        checkpointSeconds: Int = 0,
        _ body: (SQLiteStore, OrganisationID, TemporaryFolder, Box<[String?]>) async throws -> Void
    ) async throws {
        let reports = Box<[String?]>([])
        var options = SQLiteStore.Options(readers: 2)
        options.maintenance = .init(checkpointSeconds: checkpointSeconds) { problem in
            reports.change { $0.append(problem) }
        }
        try await withStore(options) { store, folder in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("a")], in: organisation)
            try await body(store, organisation, folder, reports)
        }
    }

    private func expectReplaced(_ call: () async throws -> some Any) async throws {
        let error = await #expect(throws: StoreError.self) { _ = try await call() }
        guard case .unavailable(.replaced, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
