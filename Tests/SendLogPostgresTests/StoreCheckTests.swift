import StoreChecks
import Testing

struct StoreCheckTests {
    @Test(arguments: StoreCheck.all) func `the store on PostgreSQL does what every store must`(check: StoreCheck)
        async throws
    {
        try await withStore { store, _ in try await check.run(store) }
    }

    @Test func `a webhook that cannot be understood keeps no other from being told`() async throws {
        try await withStore { store, database in
            try await StoreCheck.skipsDamagedWebhook(in: store) {
                try database.sql("UPDATE webhooks SET definition = 'x' WHERE id = 'broken'")
            }
        }
    }
}
