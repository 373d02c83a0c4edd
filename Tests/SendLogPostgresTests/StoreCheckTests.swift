import StoreChecks
import Testing

struct StoreCheckTests {
    @Test(arguments: StoreCheck.all) func `the store on PostgreSQL does what every store must`(check: StoreCheck)
        async throws
    {
        try await withStore { store, _ in try await check.run(store) }
    }
}
