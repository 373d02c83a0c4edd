import PostgresHarness
import SendLogContent
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// Recording behaviour that only the PostgreSQL store has.
struct RecordingTests {
    @Test func `a retry reports logs as recorded if its first attempt recorded them`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let log = try Sample.plain("a", count: 3)
            let other = try Sample.plain("a", message: "other")
            let stored = try await store.record([log], in: organisation)
            let connection = try Connection(
                PostgresLocation(database.url),
                session: PostgresStore.session(lockTimeout: 1, statementTimeout: 5)
            )
            let heads = LastRecordedSequences()
            func record(_ log: PreparedSendLog, isRetry: Bool) throws -> [RecordingOutcome] {
                connection.isRetry = isRetry
                let call = RecordingCall(
                    organisation: organisation,
                    connection: connection,
                    heads: heads,
                    lockTimeout: 1
                )
                return try call.record([log])
            }
            #expect(try record(log, isRetry: true) == stored)
            #expect(try record(log, isRetry: false) != stored)
            #expect(try record(other, isRetry: true) == [.conflict(fields: ["message", "destinations"])])
            // A log from before this server's last recording was not recorded by the first attempt.
            #expect(try record(Sample.plain("b"), isRetry: false) != stored)
            #expect(try record(log, isRetry: true) != stored)
        }
    }

    @Test func `a long list among short ones is recorded in order, and a refused log leaves no chunks`()
        async throws
    {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let long = try Sample.plain("long", count: 300_000)
            #expect(long.destinations.isSpooled)
            let logs = try [Sample.plain("a", count: 2), long, Sample.plain("b", count: 3)]
            let outcomes = try await store.record(logs, in: organisation)
            let sequences = outcomes.map { if case .recorded(let log) = $0 { log.sequence.number } else { Int64(0) } }
            #expect(sequences == [1, 2, 3])
            // The long log is repeated, and is in conflict.
            let changed = try Sample.plain("long", message: "changed", count: 300_000)
            let again = try await store.record([changed, long, Sample.plain("c")], in: organisation)
            #expect(again[0] == .conflict(fields: ["message"]))
            #expect(again[1].conflict == nil && again[1] != outcomes[1])
            #expect(try database.sql("SELECT min(seq), sum(count) FROM destination_chunks") == ["1|300005"])
            let findings = try await store.check { _, _ in }
            #expect(findings == [])
        }
    }

    @Test func `logs beyond the queue limit are refused while the database does not respond`() async throws {
        var options = PostgresStore.Options.forTests
        options.maxWaitingBytes = 1 << 20
        options.waitTimeout = 60
        try await withStore(options) { store, database in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("first")], in: organisation)
            let lockHolder = try Connection(
                PostgresLocation(database.url),
                session: PostgresStore.session(lockTimeout: 5, statementTimeout: 30)
            )
            try lockHolder.run(
                "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT FROM organisation_heads FOR UPDATE"
            )
            let refused = Box(0)
            let recorded = try await withThrowingTaskGroup(of: Int.self) { group in
                for sender in 0..<20 {
                    let logs = try (0..<1000).map { try Sample.plain("log-\(sender)-\($0)") }
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
                // The row is unlocked after the first refusal, which can take long on a busy machine.
                _ = try await TestSupport.Deadline.wait(for: 50) { refused.value > 0 }
                try lockHolder.run("COMMIT")
                return try await group.reduce(0, +)
            }
            let refusals = refused.value
            #expect(refusals > 0)
            #expect(recorded == 20_000 - 1000 * refusals)
            #expect(try await store.search(SendLogSearch(limit: 0), in: organisation).total == recorded + 1)
        }
    }

    @Test func `every request that waits too long behind slow groups is refused`() async throws {
        var options = PostgresStore.Options.forTests
        options.waitTimeout = 1
        try await withStore(options) { store, database in
            let organisation = try await store.organisation()
            let list = try Sample.plain("list", count: 300_000).destinations
            #expect(list.isSpooled)
            let connection = try Connection(
                PostgresLocation(database.url),
                session: PostgresStore.session(lockTimeout: 5, statementTimeout: 30)
            )
            // Each group waits for the head row for a second, and many wait behind it.
            try connection.run(
                "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT FROM organisation_heads FOR UPDATE"
            )
            let recorded = try await withThrowingTaskGroup(of: Bool.self) { group in
                for sender in 0..<40 {
                    let log = PreparedSendLog(
                        id: try #require(SendLogID("log-\(sender)")),
                        campaignID: try #require(CampaignID("spring")),
                        message: [],
                        triggeredBy: Array("manual".utf8),
                        start: .earliest,
                        now: .earliest,
                        destinations: list
                    )
                    group.addTask {
                        try await Task.sleep(for: .milliseconds(sender * 50))
                        do throws(StoreError) {
                            _ = try await store.record([log], in: organisation)
                            return true
                        } catch {
                            guard case .unavailable = error else { throw error }
                            return false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(recorded == 0)
            try connection.run("ROLLBACK")
            // No request waits any more, and recording works again a few seconds after the timeouts.
            let log = try Sample.plain("after")
            let works = try await TestSupport.Deadline.wait(for: 60) {
                do { _ = try await store.record([log], in: organisation) } catch { return false }
                return true
            }
            #expect(works)
            #expect(try await store.search(SendLogSearch(limit: 0), in: organisation).total == 1)
        }
    }

    @Test func `a close during many creates keeps every acknowledged log and refuses the rest`() async throws {
        for _ in 0..<4 {
            let database = try TestDatabase()
            let store = try database.store()
            let organisation = try await store.organisation()
            let acknowledged = try await withThrowingTaskGroup(of: Int.self) { group in
                for sender in 0..<20 {
                    group.addTask {
                        for number in 0..<1000 {
                            let log = try Sample.plain("log-\(sender)-\(number)")
                            do throws(StoreError) {
                                _ = try await store.record([log], in: organisation)
                            } catch {
                                // Any other error would give the sender a wrong outcome.
                                guard case .unavailable(.closed, _) = error else { throw error }
                                return number
                            }
                        }
                        return 1000
                    }
                }
                group.addTask {
                    while try await store.search(SendLogSearch(limit: 0), in: organisation).total < 100 {}
                    store.close()
                    return 0
                }
                return try await group.reduce(0, +)
            }
            let again = try database.store()
            defer { again.close() }
            #expect(acknowledged < 20_000)
            #expect(try await again.search(SendLogSearch(limit: 0), in: organisation).total == acknowledged)
            let findings = try await again.check { _, _ in }
            #expect(findings == [])
        }
    }
}
