import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

struct DatabaseCheckTests {
    @Test func `a sound database has no findings, and every log is checked`() async throws {
        try await withLogs { store, _ in
            let progress = Box<[Int]>([])
            let findings = try await store.check { done, total in progress.set([done, total]) }
            #expect(findings == [])
            #expect(progress.value == [1302, 1302])
        }
    }

    @Test func `an empty database is sound`() async throws {
        try await withStore { store, _ in
            let findings = try await store.check { _, _ in }
            #expect(findings == [])
        }
    }

    @Test(arguments: [
        "UPDATE organisation_days SET sends = sends + 1 WHERE org_id = 1 AND day = 19001",
        "UPDATE organisation_days SET destinations = destinations - 1 WHERE org_id = 1 AND day = 19001",
        "UPDATE campaign_days SET sends = sends + 1 WHERE org_id = 1 AND day = 19001",
        "DELETE FROM campaign_days WHERE org_id = 1 AND day = 19001",
        "INSERT INTO campaign_days VALUES (1, 'c1', 5, 0, 1, 1)",
        "UPDATE organisation_heads SET sequence = sequence + 1 WHERE org_id = 1",
        "UPDATE organisation_heads SET sequence = sequence - 1 WHERE org_id = 1",
        "UPDATE organisation_heads SET deleted = deleted + 1 WHERE org_id = 1",
        "UPDATE organisation_heads SET sequence = sequence - 1, deleted = deleted - 1 WHERE org_id = 1",
        "UPDATE organisation_heads SET destinations = destinations + 1 WHERE org_id = 1",
        "DELETE FROM organisation_heads WHERE org_id = 1",
        "DELETE FROM send_logs WHERE org_id = 1 AND seq = 7",
        "DELETE FROM send_logs WHERE org_id = 1 AND seq = 1300",
        "UPDATE send_logs SET destinations = destinations + 1 WHERE org_id = 1 AND seq = 7",
        "UPDATE send_logs SET start = start + 86400000 WHERE org_id = 1 AND seq = 7",
        "UPDATE send_logs SET start = start + 1 WHERE org_id = 1 AND seq = 7",
        "UPDATE send_logs SET id = 'other' WHERE org_id = 1 AND seq = 7",
        "UPDATE send_logs SET campaign = 'c1' WHERE org_id = 1 AND seq = 7",
        "UPDATE send_logs SET org_id = 9 WHERE org_id = 1 AND seq = 7",
        "UPDATE send_logs SET record = convert_to(replace(convert_from(record, 'UTF8'), 'Hi', 'Ho'), 'UTF8') WHERE org_id = 1 AND seq = 7",
        "UPDATE send_logs SET digest = '' WHERE org_id = 1 AND seq = 7",
        "UPDATE destination_chunks SET body = '' WHERE org_id = 1 AND seq = 7",
        "UPDATE destination_chunks SET crc = crc + 1 WHERE org_id = 1 AND seq = 7",
        "UPDATE destination_chunks SET count = count + 1 WHERE org_id = 1 AND seq = 7",
        "UPDATE destination_chunks SET number = 1 WHERE org_id = 1 AND seq = 7",
        "UPDATE destination_chunks SET number = 1000 WHERE org_id = 1 AND seq = 1302 AND number = 20",
        "DELETE FROM destination_chunks WHERE org_id = 1 AND seq = 7",
        "DELETE FROM destination_chunks WHERE org_id = 1 AND seq = 1302 AND number = 20",
        "INSERT INTO destination_chunks SELECT org_id, seq, 1, count, length, crc, body FROM destination_chunks WHERE org_id = 1 AND seq = 7",
        "INSERT INTO destination_chunks SELECT org_id, 5000, 0, count, length, crc, body FROM destination_chunks WHERE org_id = 1 AND seq = 7",
        "INSERT INTO destination_chunks SELECT 9, 1, 0, count, length, crc, body FROM destination_chunks WHERE org_id = 1 AND seq = 7",
        "INSERT INTO destination_chunks SELECT 1, -5, 0, count, length, crc, body FROM destination_chunks WHERE org_id = 1 AND seq = 7",
        "INSERT INTO organisation_days VALUES (9, 5, 0, 1, 1)",
        "UPDATE recipient_buckets SET body = '\\x00' WHERE first_group = (SELECT min(first_group) FROM recipient_buckets)",
        "DELETE FROM recipient_buckets WHERE first_group = (SELECT max(first_group) FROM recipient_buckets)",
        "INSERT INTO recipient_buckets SELECT org_id, 99, first_group, ordinal, body FROM recipient_buckets LIMIT 1",
        "UPDATE recipient_segments SET pairs = pairs - 1 WHERE org_id = 1",
        "UPDATE recipient_segments SET first = last + 1 WHERE org_id = 1",
        "UPDATE recipient_segments SET complete = false WHERE org_id = 1",
        "UPDATE recipient_segments SET org_id = 9 WHERE org_id = 1",
        "UPDATE recipient_indexes SET through = through + 1 WHERE org_id = 1",
        "UPDATE recipient_indexes SET last_segment = 0 WHERE org_id = 1",
        "DELETE FROM recipient_indexes WHERE org_id = 1",
        "UPDATE api_keys SET org_id = 9",
        "DROP INDEX send_logs_by_start", "DROP TABLE campaign_days",
        "DROP INDEX send_logs_by_id; CREATE INDEX send_logs_by_id ON send_logs (org_id, id)",
        "DROP INDEX send_logs_by_start; CREATE INDEX send_logs_by_start ON send_logs (org_id, seq)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'send_logs_by_campaign'::regclass",
        """
        DO $$BEGIN
            EXECUTE 'ALTER FUNCTION ' || (
                SELECT oid::regprocedure FROM pg_proc WHERE proname = 'record_sends' AND pronargs = 16
            ) || ' RENAME TO record_no_sends';
        END$$
        """,
    ])
    func `a check finds a change that bypassed the store`(sql: String) async throws {
        try await withLogs { store, database in
            try database.sql(sql)
            let findings = try await store.check { _, _ in }
            #expect(!findings.isEmpty)
            // Findings go to operators, tickets and logs: they must not contain messages or destinations.
            #expect(findings.allSatisfy { !$0.contains("Hi") && !$0.contains("2782") }, "\(findings)")
        }
    }

    @Test func `a check sees one snapshot while others record`() async throws {
        try await withLogs { store, _ in
            let organisation = try #require(try await store.organisations().first?.id)
            let (recorded, between, shouldStop) = (Box(0), Box(0), Box(false))
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { shouldStop.set(true) }
                group.addTask {
                    while !shouldStop.value {
                        let log = try Sample.plain("new-\(recorded.value)", count: 2)
                        _ = try await store.record([log], in: organisation)
                        recorded.change { $0 += 1 }
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { checks in
                    for _ in 0..<2 {
                        checks.addTask {
                            let findings = try await store.check { _, _ in
                                // Each check waits here until a log has been recorded meanwhile.
                                let before = recorded.value
                                if TestSupport.Deadline.poll(for: 60, until: { recorded.value > before }) {
                                    between.change { $0 += 1 }
                                }
                            }
                            #expect(findings == [])
                        }
                    }
                    try await checks.waitForAll()
                }
                shouldStop.set(true)
                try await group.waitForAll()
            }
            #expect(between.value >= 2, "nothing was recorded during a check")
        }
    }

    /// A database with many logs, created once and copied by each test.
    ///
    /// The list of the seventh log has one chunk, and the list of the last log has many.
    private static let filled = Task {
        let database = try TestDatabase()
        let store = try database.store()
        defer { store.close() }
        let organisation = try await store.organisation()
        let key = NewAPIKey(name: "", permissions: [.all], expires: nil)
        _ = try await store.createKey(key, hash: [1, 2, 3], in: organisation, at: .earliest)
        let logs = try (0..<1301).map { number in
            try Sample.plain(
                "log-\(number)",
                campaign: "c\(number % 2)",
                day: 19_000 + number / 1000,
                count: number == 6 ? 3 : 0
            )
        }
        // The list has more chunks than a check reads at once.
        _ = try await store.record(logs + [Sample.plain("long", count: 600_000)], in: organisation)
        try await store.index()
        return database.name
    }

    private func withLogs(_ body: (PostgresStore, TestDatabase) async throws -> Void) async throws {
        let database = try await TestDatabase(template: Self.filled.value)
        let store = try database.store()
        defer { store.close() }
        try await body(store, database)
    }
}
