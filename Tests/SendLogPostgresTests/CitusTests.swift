import Foundation
import PostgresHarness
import SendLogCore
import StoreChecks
import Synchronization
import Testing

@testable import SendLogPostgres

/// The store on a cluster of one coordinator and two workers: `make test-citus`, which needs the Citus extension.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SENDLOG_TEST_CITUS"] == "1"))
struct CitusTests {
    /// The servers of a cluster; each test has its own database.
    struct Cluster {
        let nodes: [PostgresServer]

        /// The settings of every node, as docs/postgresql.md has them, for the databases of many tests.
        static let settings = [
            "shared_preload_libraries": "citus", "wal_level": "logical", "max_worker_processes": "100",
            "max_prepared_transactions": "400",
            // The extension turns on TLS when it is created, which fails at times if several tests create it at once.
            "citus.node_conninfo": "sslmode=prefer",
        ]

        static let shared = Result { try Cluster() }

        /// Starts three servers.
        init() throws {
            nodes = try (0..<3).map { _ in try PostgresServer(settings: Self.settings) }
        }

        /// Uses servers that run.
        init(nodes: [PostgresServer]) {
            self.nodes = nodes
        }

        /// Citus copies the roles to each node that it adds: two tests at a time would change the same row.
        private static let joining = Mutex(())

        /// Creates a database on all nodes, and connects them.
        func database() throws -> String {
            let name = try nodes[0].createDatabase()
            for node in nodes[1...] { try node.sql("CREATE DATABASE \(name)") }
            for node in nodes { try node.sql("CREATE EXTENSION citus", database: name) }
            var join = "SELECT citus_set_coordinator_host('127.0.0.1', \(nodes[0].port));"
            for node in nodes[1...] { join += "SELECT citus_add_node('127.0.0.1', \(node.port));" }
            try Self.joining.withLock { _ in _ = try nodes[0].sql(join, database: name) }
            return name
        }
    }

    /// Opens a store on a distributed database through one of its nodes.
    func withCluster(
        node: Int = 0,
        on own: Cluster? = nil,
        _ options: PostgresStore.Options = .forTests,
        _ body: (PostgresStore, String, [PostgresServer]) async throws -> Void
    ) async throws {
        let cluster = try own ?? Cluster.shared.get()
        let name = try cluster.database()
        let coordinator = try PostgresStore(PostgresLocation(cluster.nodes[0].url(name)), options: options)
        try await coordinator.distribute(shards: 4, apply: true) { _ in }
        coordinator.close()
        let store = try PostgresStore(PostgresLocation(cluster.nodes[node].url(name)), options: options)
        defer { store.close() }
        try await body(store, name, cluster.nodes)
    }

    @Test(arguments: StoreCheck.all) func `the PostgreSQL store passes every store check on Citus`(check: StoreCheck)
        async throws
    {
        try await withCluster { store, _, _ in try await check.run(store) }
    }

    @Test func `every node serves every organisation, and a check has no findings`() async throws {
        try await withCluster(node: 1) { store, name, nodes in
            let other = try PostgresStore(PostgresLocation(nodes[2].url(name)), options: .forTests)
            defer { other.close() }
            for number in 0..<6 {
                let organisation = try await store.organisation("Organisation \(number)")
                let logs = try (0..<50).map {
                    try Sample.plain("log-\($0)", campaign: "c\($0 % 3)", day: $0 % 5, count: $0)
                }
                async let one = store.record(logs, in: organisation)
                async let two = other.record(logs, in: organisation)
                let outcomes = try await one + two
                #expect(outcomes.filter { if case .recorded = $0 { true } else { false } }.count == 50)
                let result = try await other.search(SendLogSearch(limit: 7), in: organisation)
                #expect((result.total, result.rows.rows.count) == (50, 7))
            }
            let findings = try await store.check { _, _ in }
            #expect(findings == [])
        }
    }

    @Test func `distribution has a dry run, keeps existing rows, and can be repeated`() async throws {
        let cluster = try Cluster.shared.get()
        let name = try cluster.database()
        let store = try PostgresStore(PostgresLocation(cluster.nodes[0].url(name)), options: .forTests)
        defer { store.close() }
        let organisation = try await store.organisation()
        _ = try await store.record([Sample.plain("before", count: 3)], in: organisation)
        try await store.distribute(shards: 4, apply: false) { _ in }
        let distributed = "SELECT count(*) FROM pg_dist_partition"
        #expect(try cluster.nodes[0].sql(distributed, database: name) == ["0"])
        for _ in 0..<2 { try await store.distribute(shards: 4, apply: true) { _ in } }
        #expect(
            try cluster.nodes[0].sql(distributed, database: name) == [
                "\(Schema.referenceTables.count + Schema.distributedTables.count)"
            ]
        )
        _ = try await store.record([Sample.plain("after", count: 3)], in: organisation)
        #expect(try await store.search(SendLogSearch(), in: organisation).total == 2)
        let findings = try await store.check { _, _ in }
        #expect(findings == [])
    }
}
