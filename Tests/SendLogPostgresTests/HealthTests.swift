import PostgresHarness
import SendLogCore
import TestSupport
import Testing

@testable import SendLogPostgres

struct HealthTests {
    // How long a ping takes to fail is tested with a server, on a machine that does nothing else.
    @Test func `a ping fails while the database is down or does not answer, and works again after that`()
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
            await #expect(throws: StoreError.self) { try await store.ping() }
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
                    AND pid <> pg_backend_pid()
                """
            #expect(try database.sql(connections) == ["1"])
        }
    }
}
