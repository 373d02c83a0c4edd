import Foundation
import PostgresHarness
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// What the commands say about a cluster that is not in order: `make test-citus`, which needs the Citus extension.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SENDLOG_TEST_CITUS"] == "1"))
struct CitusMaintenanceTests {
    /// Opens a store through a node, and returns the error's text.
    private func refusal(_ node: PostgresServer, _ name: String, createsTables: Bool = true) throws -> String {
        var options = PostgresStore.Options.forTests
        options.createsTables = createsTables
        let error = #expect(throws: StoreSetupError.self) {
            try PostgresStore(PostgresLocation(node.url(name)), options: options).close()
        }
        return try #require(error?.description)
    }

    /// Runs a check through a node.
    private func findings(_ node: PostgresServer, _ name: String) async throws -> [String] {
        let store = try PostgresStore(PostgresLocation(node.url(name)), options: .forTests)
        defer { store.close() }
        return try await store.check { _, _ in }
    }

    /// Makes a distributed database with an organisation and a send log.
    private func distributedDatabase(
        on given: CitusTests.Cluster? = nil
    ) async throws -> (name: String, nodes: [PostgresServer]) {
        let cluster = try given ?? CitusTests.Cluster.shared.get()
        let name = try cluster.database()
        let store = try PostgresStore(PostgresLocation(cluster.nodes[0].url(name)), options: .forTests)
        defer { store.close() }
        try await store.distribute(shards: 4, apply: true) { _ in }
        _ = try await store.record([Sample.plain("log", count: 3)], in: try await store.organisation())
        return (name, cluster.nodes)
    }

    @Test func `the error about a coordinator without workers says how to add some`() async throws {
        let node = try CitusTests.Cluster.shared.get().nodes[0]
        let name = try node.createDatabase()
        try node.sql("CREATE EXTENSION citus", database: name)
        let store = try PostgresStore(PostgresLocation(node.url(name)), options: .forTests)
        defer { store.close() }
        let error = await #expect(throws: StoreSetupError.self) {
            try await store.distribute(shards: 4, apply: false) { _ in }
        }
        #expect(error?.description.contains("has no workers; run SELECT citus_set_coordinator_host") == true)
    }

    @Test func `a start through a worker before the coordinator created the tables changes nothing`() throws {
        let cluster = try CitusTests.Cluster.shared.get()
        let name = try cluster.database()
        for createsTables in [true, false] {
            let text = try refusal(cluster.nodes[1], name, createsTables: createsTables)
            #expect(
                text.contains("is a worker of a Citus cluster and has no tables of sendlog; connect to the coordinator")
            )
        }
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        #expect(try cluster.nodes[1].sql(tables, database: name) == ["0"])
        // The coordinator alone has the tables until they are distributed.
        try PostgresStore(PostgresLocation(cluster.nodes[0].url(name)), options: .forTests).close()
        #expect(try refusal(cluster.nodes[1], name).contains("connect to the coordinator"))
    }

    @Test func `an upgrade through a worker is refused, and one through the coordinator is not`() async throws {
        let (name, nodes) = try await distributedDatabase()
        let version = Schema.current.version
        try nodes[0].sql("UPDATE sendlog_schema SET version = \(version) - 1", database: name)
        #expect(
            try refusal(nodes[2], name).contains("has the tables of an earlier version; connect to the coordinator")
        )
        #expect(try nodes[2].sql("SELECT version FROM sendlog_schema", database: name) == ["\(version - 1)"])
        try nodes[0].sql("UPDATE sendlog_schema SET version = \(version)", database: name)
        #expect(try await findings(nodes[2], name) == [])
    }

    @Test func `a half-distributed database is found, and can be distributed again`() async throws {
        let (name, nodes) = try await distributedDatabase()
        try nodes[0].sql("SELECT undistribute_table('organisation_days')", database: name)
        let found = try await findings(nodes[0], name)
        #expect(found.count == 1)
        #expect(found.first?.contains("organisation_days") == true)
        #expect(found.first?.contains("the data was not checked; run sendlog database distribute again") == true)
        // A worker does not have the table at all.
        let onWorker = try await findings(nodes[1], name)
        #expect(
            onWorker.contains { $0.contains("organisation_days is missing on this worker; connect to the coordinator") }
        )

        let store = try PostgresStore(PostgresLocation(nodes[0].url(name)), options: .forTests)
        defer { store.close() }
        try await store.distribute(shards: 4, apply: true) { _ in }
        #expect(try await store.check { _, _ in } == [])
    }

    @Test func `nodes that cannot move shards, the job that waits for them, and a node that is down are found`()
        async throws
    {
        let settings = CitusTests.Cluster.settings.merging(["wal_level": "replica"]) { $1 }
        let servers = try (0..<3).map { _ in try PostgresServer(settings: settings) }
        let added = servers[2]
        let (name, nodes) = try await distributedDatabase(on: .init(nodes: Array(servers[..<2])))
        try added.sql("CREATE DATABASE \(name)")
        try added.sql("CREATE EXTENSION citus", database: name)
        try nodes[0].sql("SELECT citus_add_node('127.0.0.1', \(added.port))", database: name)
        let names = servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ", ")
        let replica = try await findings(nodes[0], name)
        #expect(replica.count == 1)
        #expect(replica.first?.hasPrefix("wal_level is not logical on \(names): citus_rebalance_start()") == true)
        try nodes[0].sql("SELECT citus_rebalance_start()", database: name)
        let retries = "SELECT count(*) FROM pg_dist_background_task WHERE status = 'runnable' AND retry_count > 0"
        #expect(try TestSupport.Deadline.poll(for: 60, until: { try nodes[0].sql(retries, database: name) != ["0"] }))
        let found = try await findings(nodes[0], name)
        #expect(found.contains { $0.contains("(rebalance) makes no progress") && $0.contains("wal_level >= logical") })
        // The look of the doctor, in a read-only session.
        let inspection = try PostgresInspection(PostgresLocation(nodes[0].url(name)), options: .forTests)
        #expect(try inspection.setUpFaults().count == found.count)
        // Jobs are known to the coordinator, nodes to every node.
        #expect(try await findings(nodes[1], name).count == 1)
        try nodes[0].sql("SELECT citus_job_cancel(job_id) FROM pg_dist_background_job", database: name)

        try added.kill()
        let down = try await findings(nodes[0], name)
        #expect(down.contains { $0.contains("127.0.0.1:\(added.port) cannot be reached as sendlog") })
        #expect(!down.contains { $0.contains("makes no progress") })
    }

    @Test func `a node to which only the coordinator can connect is found`() async throws {
        let (name, nodes) = try await distributedDatabase()
        let added = try PostgresServer(settings: CitusTests.Cluster.settings)
        try added.sql("CREATE DATABASE \(name)")
        try added.sql("CREATE EXTENSION citus", database: name)
        let folder = try TemporaryFolder()
        let rules = """
            host \(name) all 127.0.0.1/32 scram-sha-256
            host all all 127.0.0.1/32 trust

            """
        let file = try folder.write("pg_hba.conf", rules)
        for path in [folder.path, file] { try added.changeOwner(path) }
        try added.configure(["hba_file": file])
        try added.restart()
        // On the coordinator too, whose roles replace those of the new node.
        for node in [nodes[0], added] { try node.sql("ALTER ROLE sendlog PASSWORD 'secret'") }
        let password = "INSERT INTO pg_dist_authinfo VALUES (0, 'sendlog', 'password=secret')"
        try nodes[0].sql(password, database: name)
        try nodes[0].sql("SELECT citus_add_node('127.0.0.1', \(added.port))", database: name)
        let found = try await findings(nodes[0], name)
        let expected = [nodes[1], nodes[2], added].map { node in
            "the node 127.0.0.1:\(node.port) cannot connect to 127.0.0.1:\(added.port) as sendlog"
        }
        let pairs = found.map { $0.components(separatedBy: ": requests").first ?? "" }
        #expect(pairs.sorted() == expected.sorted())
        for node in nodes[1...] { try node.sql(password, database: name) }
        // The new node itself has no password yet.
        #expect(try await findings(nodes[0], name).map { $0.hasPrefix(expected[2]) } == [true])
    }
}
