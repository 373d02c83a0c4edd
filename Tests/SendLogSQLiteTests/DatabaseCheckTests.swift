import GRDB
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

struct DatabaseCheckTests {
    @Test func `a sound database has no findings, and every log is checked`() async throws {
        try await withLogs { store in
            let progress = Box<[[Int]]>([])
            let findings = try await store.check { done, total in progress.change { $0.append([done, total]) } }
            #expect(findings == [])
            #expect(progress.value.last == [2500, 2500])
            #expect(progress.value.count == 3)
        }
    }

    @Test func `an empty database is sound`() async throws {
        try await withStore { store, _ in
            #expect(try await store.check { _, _ in } == [])
            _ = try await store.organisation()
            #expect(try await store.check { _, _ in } == [])
        }
    }

    @Test(arguments: [
        "UPDATE organisation_days SET sends = sends + 1 WHERE day = 19001",
        "UPDATE organisation_days SET destinations = destinations - 1 WHERE day = 19001",
        "UPDATE campaign_days SET sends = sends + 1 WHERE day = 19001",
        "DELETE FROM campaign_days WHERE day = 19001",
        "INSERT INTO campaign_days VALUES (1, 5, 0, 1, 1)",
        "UPDATE organisations SET sequence = sequence + 1",
        "UPDATE organisations SET sequence = sequence - 1",
        "UPDATE organisations SET deleted = deleted + 1", "UPDATE organisations SET deleted = -1",
        "UPDATE organisations SET sequence = sequence - 1, deleted = deleted - 1",
        "UPDATE organisations SET destinations = destinations + 1",
        "DELETE FROM send_logs WHERE place & 4095 = 7",
        "DELETE FROM send_logs WHERE place & 4095 = 2500",
        "UPDATE send_logs SET destinations = destinations + 1 WHERE place & 4095 = 7",
        "UPDATE send_logs SET start = start + 86400000 WHERE place & 4095 = 7",
        "UPDATE send_logs SET start = start + 1 WHERE place & 4095 = 7",
        "UPDATE send_logs SET id = 'other' WHERE place & 4095 = 7",
        "UPDATE send_logs SET campaign = 3 - campaign WHERE place & 4095 IN (9, 12)",
        "UPDATE send_logs SET organisation = 9 WHERE place & 4095 = 7",
        "UPDATE send_logs SET record = CAST(replace(CAST(record AS TEXT), 'Hi', 'Ho') AS BLOB) WHERE place & 4095 = 7",
        "UPDATE send_logs SET digest = zeroblob(32) WHERE place & 4095 = 7",
        "UPDATE destination_chunks SET body = zeroblob(length(body)) WHERE place & 4095 = 7",
        "UPDATE destination_chunks SET crc = crc + 1 WHERE place & 4095 = 7",
        "UPDATE destination_chunks SET count = count + 1 WHERE place & 4095 = 7",
        "UPDATE destination_chunks SET number = 1 WHERE place & 4095 = 7",
        "DELETE FROM destination_chunks WHERE place & 4095 = 7",
        "INSERT INTO destination_chunks SELECT place, 1, count, length, crc, body FROM destination_chunks WHERE place & 4095 = 7",
        "INSERT INTO destination_chunks SELECT place + 4096, 0, count, length, crc, body FROM destination_chunks LIMIT 1",
    ])
    func `a check finds a change that bypassed the store`(sql: String) async throws {
        try await withLogs { store in
            try await store.writer.queue.write { try $0.execute(sql: sql) }
            let findings = try await store.check { _, _ in }
            #expect(!findings.isEmpty)
            // Findings go to operators, tickets and logs: they must not contain messages or destinations.
            #expect(findings.allSatisfy { !$0.contains("Hi") && !$0.contains("2782") })
        }
    }

    @Test func `a check sees one snapshot while others record`() async throws {
        try await withLogs { store in
            let organisation = try #require(try await store.organisations().first?.id)
            let (recorded, between, shouldStop) = (Box(0), Box(0), Box(false))
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { shouldStop.set(true) }
                group.addTask {
                    while !shouldStop.value {
                        _ = try await store.record([Sample.plain("new-\(recorded.value)")], in: organisation)
                        recorded.change { $0 += 1 }
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { checks in
                    for _ in 0..<2 {
                        checks.addTask {
                            let findings = try await store.check { _, _ in
                                // Each check waits here until a log has been recorded meanwhile.
                                let before = recorded.value
                                if Deadline.poll(for: 60, until: { recorded.value > before }) {
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
            #expect(between.value >= 6, "nothing was recorded during a check")
        }
    }

    private func withLogs(_ body: (SQLiteStore) async throws -> Void) async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            let logs = try (0..<2500).map { number in
                try Sample.plain(
                    number % 2 == 0 ? "log-\(number)" : String(number + 0x5f5_0000, radix: 16) + "0123456789abcdef0",
                    campaign: "c\(number % 2)",
                    day: 19_000 + number / 1000,
                    count: number == 6 ? 3 : 0
                )
            }
            _ = try await store.record(logs, in: organisation)
            try await body(store)
        }
    }
}
