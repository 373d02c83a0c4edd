import GRDB
import StoreChecks
import Testing

@testable import SendLogSQLite

struct StoreCheckTests {
    @Test(arguments: StoreCheck.all) func `the SQLite store passes every store check`(check: StoreCheck)
        async throws
    {
        try await withStore { store, _ in try await check.run(store) }
    }

    @Test func `a copy has the gaps of deleted send logs`() async throws {
        try await withStore { source, _ in
            try await withStore { target, _ in try await StoreCheck.copiesGaps(from: source, to: target) }
        }
    }

    @Test func `a copy continues the replays of webhooks`() async throws {
        try await withStore { source, _ in
            try await withStore { target, _ in try await StoreCheck.copiesReplays(from: source, to: target) }
        }
    }

    @Test func `a copy deletes nothing from a target with other send logs`() async throws {
        try await withStore { source, _ in
            try await withStore { target, _ in try await StoreCheck.keepsOtherContent(from: source, to: target) }
        }
    }

    @Test func `an unreadable webhook does not block other webhooks`() async throws {
        try await withStore { store, _ in
            try await StoreCheck.skipsDamagedWebhook(in: store) {
                try await store.writer.queue.write {
                    try $0.execute(sql: "UPDATE webhooks SET definition = 'x' WHERE id = 'broken'")
                }
            }
        }
    }

    @Test func `the check finds a recipient index that differs from the lists`() async throws {
        try await withStore { store, _ in
            try await StoreCheck.findsDamagedRecipientIndex(in: store) { statement in
                try await store.writer.queue.write { try $0.execute(sql: statement) }
            }
        }
    }

    @Test func `totals of damaged rows are refused`() async throws {
        try await withStore { store, _ in
            try await StoreCheck.refusesDamagedTotals(in: store) { statement in
                try await store.writer.queue.write { try $0.execute(sql: statement) }
            }
        }
    }
}
