import Foundation
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

struct BackupTests {
    @Test func `a backup is a complete snapshot of the database in one file`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            let logs = try (0..<300).map {
                try Sample.plain("log-\($0)", campaign: "c\($0 % 3)", day: $0, count: $0 % 4)
            }
            _ = try await store.record(logs, in: organisation)
            try await store.backUp(to: folder.file("backup.db"))
            _ = try await store.record([Sample.plain("later")], in: organisation)
            #expect(try folder.names().filter { $0.hasPrefix("backup") } == ["backup.db"])
            let backup = try SQLiteStore(path: folder.file("backup.db"))
            defer { backup.close() }
            #expect(try await backup.organisations().map(\.sends) == [300])
            #expect(try await backup.check { _, _ in } == [])
            for log in logs {
                #expect(try await backup.sendLog(log.id, in: organisation).record == log.record)
            }
            // Recording continues in the backup with the next sequence number.
            let outcome = try await backup.record([Sample.plain("next")], in: organisation)
            #expect(outcome == [.recorded(try await backup.sendLog(#require(SendLogID("next")), in: organisation))])
            #expect(try await backup.search(SendLogSearch(), in: organisation).asOf == SequenceNumber(301))
        }
    }

    @Test func `a backup taken during creates is sound`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            let (recorded, shouldStop) = (Box(0), Box(false))
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { shouldStop.set(true) }
                for sender in 0..<4 {
                    group.addTask {
                        var number = 0
                        while !shouldStop.value {
                            let log = try Sample.plain("log-\(sender)-\(number)", campaign: "c\(sender)", count: 1)
                            _ = try await store.record([log], in: organisation)
                            recorded.change { $0 += 1 }
                            number += 1
                        }
                    }
                }
                let haveBegun = try await Deadline.wait(for: 60) { recorded.value >= 20 }
                #expect(haveBegun)
                try await withThrowingTaskGroup(of: Void.self) { backups in
                    for number in 0..<3 {
                        backups.addTask { try await store.backUp(to: folder.file("backup-\(number).db")) }
                    }
                    try await backups.waitForAll()
                }
                shouldStop.set(true)
                try await group.waitForAll()
            }
            var sends: [Int] = []
            for number in 0..<3 {
                let backup = try SQLiteStore(path: folder.file("backup-\(number).db"))
                defer { backup.close() }
                #expect(try await backup.check { _, _ in } == [])
                sends += try await backup.organisations().map(\.sends)
            }
            // All backups began after the twentieth log, and another log was recorded during one of them.
            #expect(sends.count == 3 && sends.allSatisfy { $0 >= 20 }, "\(sends)")
            #expect(sends.contains { $0 < recorded.value }, "\(sends) of \(recorded.value)")
        }
    }

    @Test func `an existing file is never overwritten`() async throws {
        try await withStore { store, folder in
            try folder.write(Array("keep me".utf8), to: "backup.db")
            let refusal = try await #require(throws: StoreSetupError.self) {
                try await store.backUp(to: folder.file("backup.db"))
            }
            #expect(refusal.description.contains("already exists"))
            #expect(try folder.bytes("backup.db") == Array("keep me".utf8))
        }
    }

    @Test func `a missing folder is reported, and no file remains`() async throws {
        try await withStore { store, folder in
            let before = try folder.names()
            let refusal = try await #require(throws: StoreSetupError.self) {
                try await store.backUp(to: folder.file("no/backup.db"))
            }
            #expect(refusal.description.contains(folder.file("no/backup.db")))
            #expect(try folder.names() == before)
        }
    }
}
