import GRDB
import StoreChecks
import Testing

@testable import SendLogSQLite

struct StoreCheckTests {
    @Test(arguments: StoreCheck.all) func `the embedded store does what every store must`(check: StoreCheck)
        async throws
    {
        try await withStore { store, _ in try await check.run(store) }
    }

    @Test func `a webhook that cannot be understood keeps no other from being told`() async throws {
        try await withStore { store, _ in
            try await StoreCheck.skipsDamagedWebhook(in: store) {
                try await store.writer.queue.write {
                    try $0.execute(sql: "UPDATE webhooks SET definition = 'x' WHERE id = 'broken'")
                }
            }
        }
    }
}
