import GRDB
import SendLogCore
import StoreChecks
import Synchronization
import TestSupport
import Testing

@testable import SendLogSQLite

/// Point reads that share a snapshot as long as nothing is committed.
struct SharedSnapshotTests {
    @Test func `reads that share a snapshot find what this store and another one committed before them`() async throws {
        try await withStore { store, folder in
            let other = try SQLiteStore(path: folder.file(), options: .init(readers: 1, lockTimeout: 30))
            defer { other.close() }
            let organisation = try await store.organisation("Acme")
            for number in 0..<60 {
                let log = try Sample.plain("log-\(number)", count: 1)
                func read() throws -> StoredSendLog? {
                    try store.sendLogWithoutBlocking(log.id, in: organisation)
                }
                #expect(throws: StoreError.notFound) { _ = try read() }
                // The snapshot of that read is still open.
                _ = try await (number % 2 == 0 ? store : other).record([log], in: organisation)
                #expect(try read()?.destinations == 1, "after commit \(number)")
                if number % 7 == 0 { store.endReads() }
            }
            store.endReads()
        }
    }

    @Test func `a store that is closed during a read, and with an open snapshot, ends them`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.plain("log", count: 1)
            _ = try await store.record([log], in: organisation)
            // The second read, from which on the transaction stays open, is of all connections.
            for _ in 0..<2 {
                _ = try store.pointReaders.pointReadIfIdle { _ in
                    _ = try store.sendLogWithoutBlocking(log.id, in: organisation)
                    return try store.pointReaders.pointReadIfIdle { _ in }
                }
            }
            let isRead: Void? = try store.pointReaders.pointReadIfIdle { connection in
                let isFound = try Query("SELECT id FROM send_logs", on: connection).step()
                #expect(isFound)
                store.close()
            }
            #expect(isRead != nil)
            #expect(try store.sendLogWithoutBlocking(log.id, in: organisation) == nil)
            store.endReads()
        }
    }

    @Test func `reads without a commit between them begin one transaction, until they end`() async throws {
        let begun = Atomic(0)
        try await withStore { store, folder in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.plain("log", count: 1)
            _ = try await store.record([log], in: organisation)
            // All connections are used in turn, the last one first.
            try await store.pointReaders.pointRead { connection in
                connection.queue.inDatabase { database in
                    database.trace(options: .statement) { event in
                        if case .statement(let statement) = event, statement.sql == "BEGIN" {
                            begun.add(1, ordering: .relaxed)
                        }
                    }
                }
            }
            // The first read finds the header of the WAL's index.
            for _ in 0..<101 { _ = try store.sendLogWithoutBlocking(log.id, in: organisation) }
            #expect(begun.load(ordering: .relaxed) == 1)
            let checkpointer = try DatabaseQueue(path: folder.file())
            func isWALInUse() throws -> Bool {
                try checkpointer.writeWithoutTransaction { database in
                    try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")?[0] == 1
                }
            }
            #expect(try isWALInUse())
            store.endReads()
            #expect(try !isWALInUse())
            _ = try store.sendLogWithoutBlocking(log.id, in: organisation)
            #expect(begun.load(ordering: .relaxed) == 2)
            // A blocking read does not inherit the transaction.
            _ = try await store.sendLog(log.id, in: organisation)
            #expect(try !isWALInUse())
            try checkpointer.close()
        }
    }
}
