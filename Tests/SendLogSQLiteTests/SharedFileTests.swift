import GRDB
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// Two stores on one database file, as of the server and the command line, and a store whose file another program has
/// locked.
struct SharedFileTests {
    @Test func `two stores record at the same time without a gap, and each finds the other's logs at once`()
        async throws
    {
        try await withStore { store, folder in
            let other = try SQLiteStore(path: folder.file(), options: .init(readers: 2, lockTimeout: 30))
            defer { other.close() }
            let organisations = [try await store.organisation("Acme"), try await other.organisation("Zulu")]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<16 {
                    let (writer, reader) = sender % 2 == 0 ? (store, other) : (other, store)
                    let organisation = organisations[sender / 2 % 2]
                    group.addTask {
                        for number in 0..<20 {
                            let log = try Sample.plain(
                                "log-\(sender)-\(number)",
                                campaign: "c\((sender + number) % 6)",
                                day: number,
                                count: number % 3
                            )
                            let outcome = try await writer.record([log], in: organisation)
                            #expect(outcome == [.recorded(try await reader.sendLog(log.id, in: organisation))])
                            #expect(try await writer.record([log], in: organisation) != outcome)
                        }
                    }
                }
                try await group.waitForAll()
            }
            for organisation in organisations {
                for store in [store, other] {
                    let result = try await store.search(SendLogSearch(), in: organisation)
                    #expect((result.total, result.asOf) == (160, SequenceNumber(160)))
                    let sequences = result.rows.rows.map(\.sequence.number).sorted()
                    #expect(sequences == Array(1...160))
                }
            }
            try await expectSoundCounters(of: store)
        }
    }

    @Test func `one log sent through both stores is recorded once`() async throws {
        try await withStore { store, folder in
            let other = try SQLiteStore(path: folder.file())
            defer { other.close() }
            let organisation = try await store.organisation()
            for number in 0..<20 {
                let log = try Sample.plain("log-\(number)", campaign: "c\(number)")
                async let one = store.record([log], in: organisation)
                async let two = other.record([log], in: organisation)
                let outcomes = try await one + two
                #expect(outcomes.filter { if case .recorded = $0 { true } else { false } }.count == 1)
                #expect(outcomes.filter { if case .existing = $0 { true } else { false } }.count == 1)
            }
            try await expectSoundCounters(of: store)
        }
    }

    @Test func `a lock held beyond the timeout is reported, and nothing is recorded before its release`() async throws {
        try await withStore(.init(readers: 2, lockTimeout: 0.2)) { store, folder in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("before")], in: organisation)
            let lockHolder = try Self.lockHolder(of: folder)
            defer { try? lockHolder.close() }
            try await lockHolder.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            let log = try Sample.plain("held", campaign: "new")
            let error = try await #require(throws: StoreError.self) { try await store.record([log], in: organisation) }
            guard case .unavailable(.locked, _) = error else {
                Issue.record("\(error)")
                return
            }
            await #expect(throws: StoreError.self) { try await store.organisation("Zulu") }
            // Reads do not wait for the lock.
            #expect(try await store.search(SendLogSearch(), in: organisation).total == 1)
            try await lockHolder.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            await #expect(throws: StoreError.notFound) { try await store.sendLog(log.id, in: organisation) }
            _ = try await store.record([log], in: organisation)
            #expect(try await store.search(SendLogSearch(), in: organisation).total == 2)
            try await expectSoundCounters(of: store)
        }
    }

    @Test func `logs beyond the queue limit are refused, and accepted logs are recorded`() async throws {
        var options = SQLiteStore.Options(readers: 2, lockTimeout: 60)
        options.maxWaitingBytes = 4 << 20
        try await withStore(options) { store, folder in
            let organisation = try await store.organisation()
            let lockHolder = try Self.lockHolder(of: folder)
            defer { try? lockHolder.close() }
            try await lockHolder.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            let refused = Box(0)
            let recorded = try await withThrowingTaskGroup(of: Int.self) { group in
                for sender in 0..<40 {
                    let logs = try (0..<2000).map { try Sample.plain("log-\(sender)-\($0)") }
                    group.addTask {
                        do throws(StoreError) {
                            return try await store.record(logs, in: organisation).count
                        } catch {
                            guard case .unavailable(.overloaded, _) = error else { throw error }
                            refused.change { $0 += 1 }
                            return 0
                        }
                    }
                }
                _ = try await Deadline.wait(for: 50) { refused.value > 0 }
                try await lockHolder.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
                return try await group.reduce(0, +)
            }
            let refusals = refused.value
            #expect(refusals > 0)
            #expect(recorded == 80_000 - 2000 * refusals)
            #expect(try await store.search(SendLogSearch(limit: 0), in: organisation).total == recorded)
        }
    }

    @Test func `one organisation's imports neither delay another's log nor use its share of the queue`() async throws {
        var options = SQLiteStore.Options(readers: 2, lockTimeout: 60)
        options.maxWaitingBytes = 40 << 20
        try await withStore(options) { store, folder in
            let (busy, quiet) = (try await store.organisation("Busy"), try await store.organisation("Quiet"))
            let batches = try (0..<8).map { batch in try (0..<5000).map { try Sample.plain("log-\(batch)-\($0)") } }
            let log = try Sample.plain("alone")
            let lockHolder = try Self.lockHolder(of: folder)
            defer { try? lockHolder.close() }
            try await lockHolder.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            // Every batch is in the queue when this loop ends.
            let sizes = Box<[Int]>([])
            let tasks = (batches + [[log]]).map { batch in
                Task.immediate {
                    let recorded = try await store.record(batch, in: batch.count == 1 ? quiet : busy)
                    sizes.change { $0.append(recorded.count) }
                }
            }
            try await lockHolder.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            for task in tasks { try await task.value }
            // Organisations take turns, so the log is committed third, and its task resumes before the last one. In
            // order of arrival it would be the last.
            #expect(try #require(sizes.value.firstIndex(of: 1)) < 8)
        }
    }

    /// Another program that can hold its lock indefinitely.
    private static func lockHolder(of folder: TemporaryFolder) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: folder.file(), configuration: configuration)
    }
}
