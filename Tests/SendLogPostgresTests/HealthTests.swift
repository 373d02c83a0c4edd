import PostgresHarness
import SendLogCore
import TestSupport
import Testing

@testable import SendLogPostgres

struct HealthTests {
    @Test func `a ping fails within a second if the database is down or does not answer, and works again after that`()
        async throws
    {
        let database = try TestDatabase()
        let proxy = try CuttableProxy(target: database.server.port)
        let url = database.server.url(database.name, port: proxy.port)
        let store = try PostgresStore(PostgresLocation(url), options: .forTests)
        defer { store.close() }
        try await store.ping()
        proxy.refuse()
        proxy.cutAll()
        try await expectFailure(of: store)
        try proxy.accept()
        try await store.ping()
        proxy.freeze()
        try await expectFailure(of: store)
        proxy.thaw()
        let works = try await TestSupport.Deadline.wait(for: 20) {
            do { try await store.ping() } catch { return false }
            return true
        }
        #expect(works)
    }

    private func expectFailure(of store: PostgresStore) async throws {
        for _ in 0..<3 {
            let begin = ContinuousClock.now
            await #expect(throws: StoreError.self) { try await store.ping() }
            let duration = ContinuousClock.now - begin
            // The limit is 0.9 s; the machine may be busy with other tests.
            #expect(duration < .seconds(2), "\(duration)")
        }
    }

    @Test func `concurrent pings share one statement`() async throws {
        try await withStore { store, database in
            try await store.ping()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 { group.addTask { try await store.ping() } }
                try await group.waitForAll()
            }
            let connections = """
                SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND query LIKE '%sendlog_schema%'
                """
            #expect(try database.sql(connections) == ["1"])
        }
    }
}
