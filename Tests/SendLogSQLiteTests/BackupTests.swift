import Foundation
import SendLogCore
import TestSupport
import Testing

@testable import SendLogSQLite

struct BackupTests {
    @Test func `a backup is a whole database of its moment, in one file`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            let logs = try (0..<300).map {
                try TestLog.log("log-\($0)", campaign: "c\($0 % 3)", day: $0, count: $0 % 4)
            }
            _ = try await store.record(logs, in: organisation)
            try await store.backUp(to: folder.file("backup.db"))
            _ = try await store.record([TestLog.log("later")], in: organisation)
            #expect(try folder.names().filter { $0.hasPrefix("backup") } == ["backup.db"])
            let backup = try SQLiteStore(path: folder.file("backup.db"))
            defer { backup.close() }
            #expect(try await backup.organisations().map(\.sends) == [300])
            #expect(try await backup.check { _, _ in } == [])
            for log in logs {
                #expect(try await backup.sendLog(log.id, in: organisation).record == log.record)
            }
            // And it goes on as the original would have.
            let outcome = try await backup.record([TestLog.log("next")], in: organisation)
            #expect(outcome == [.recorded(try await backup.sendLog(#require(SendLogID("next")), in: organisation))])
            #expect(try await backup.search(SendLogSearch(), in: organisation).asOf == SequenceNumber(301))
        }
    }

    @Test func `a backup taken among creates is sound`() async throws {
        try await withStore { store, folder in
            let organisation = try await store.organisation()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<4 {
                    group.addTask {
                        for number in 0..<50 {
                            let log = try TestLog.log("log-\(sender)-\(number)", campaign: "c\(sender)", count: 1)
                            _ = try await store.record([log], in: organisation)
                        }
                    }
                }
                for number in 0..<3 { group.addTask { try await store.backUp(to: folder.file("backup-\(number).db")) } }
                try await group.waitForAll()
            }
            for number in 0..<3 {
                let backup = try SQLiteStore(path: folder.file("backup-\(number).db"))
                defer { backup.close() }
                #expect(try await backup.check { _, _ in } == [])
            }
        }
    }

    @Test func `a file that is there is never overwritten`() async throws {
        try await withStore { store, folder in
            try folder.write(Array("keep me".utf8), to: "backup.db")
            let refusal = try await #require(throws: StoreRefusal.self) {
                try await store.backUp(to: folder.file("backup.db"))
            }
            #expect(refusal.description.contains("exists already"))
            #expect(try folder.bytes("backup.db") == Array("keep me".utf8))
        }
    }

    @Test func `a folder that is not there is told, and nothing is left behind`() async throws {
        try await withStore { store, folder in
            let before = try folder.names()
            let refusal = try await #require(throws: StoreRefusal.self) {
                try await store.backUp(to: folder.file("no/backup.db"))
            }
            #expect(refusal.description.contains(folder.file("no/backup.db")))
            #expect(try folder.names() == before)
        }
    }
}
