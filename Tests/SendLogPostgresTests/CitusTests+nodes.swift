import PostgresHarness
import SendLogCore
import StoreChecks
import Testing

@testable import SendLogPostgres

/// Locks on other nodes, nodes that are down, and the upgrade of a distributed database.
extension CitusTests {
    @Test(arguments: [0, 1, 2])
    func `the lock timeout applies on the organisation's node, for recording and for other changes`(node: Int)
        async throws
    {
        try await withCluster(node: node, PostgresStore.Options(connections: 8, waitTimeout: 1)) { store, name, nodes in
            for number in 0..<3 {
                let organisation = try await store.organisation("Organisation \(number)")
                _ = try await store.record([Sample.plain("a")], in: organisation)
                let other = try connection(to: nodes[0].url(name))
                try other.run("BEGIN")
                _ = try other.rows(
                    "SELECT FROM organisation_heads WHERE org_id = $1 FOR UPDATE",
                    Parameters(organisation.number)
                )
                for change: @Sendable () async throws -> Void in [
                    { _ = try await store.record([Sample.plain("b")], in: organisation) },
                    { try await store.raiseHead(to: SequenceNumber(9), in: organisation) },
                    { _ = try await store.deleteSendLogs([SequenceNumber(99)], in: organisation) },
                ] {
                    // The statement timeout, which applies on all nodes in any case, has another reason.
                    let failure = await #expect(throws: StoreError.self) { try await change() }
                    guard case .unavailable(.locked, _) = failure else {
                        Issue.record("\(String(describing: failure))")
                        continue
                    }
                }
                try other.run("ROLLBACK")
                _ = try await store.record([Sample.plain("b")], in: organisation)
            }
        }
    }

    @Test func `the upgrade of a distributed database distributes the new tables and the new function`() async throws {
        let cluster = try Cluster.shared.get()
        let name = try cluster.database()
        let url = cluster.nodes[0].url(name)
        let (location, connection) = (try PostgresLocation(url), try connection(to: url, lockTimeout: 60))
        let former = Schema(steps: Array(Schema.current.steps.prefix(10)))
        try Migration(schema: former, connection: connection, location: location).run(createsTables: true)
        let tables = Schema.referenceTables + Schema.distributedTables
        let missing = try connection.rows(
            "SELECT n FROM unnest($1) n WHERE to_regclass(n) IS NULL",
            Parameters(tables)
        )
        let newTables = Set((0..<missing.count).map { missing.text($0, 0) })
        #expect(newTables.contains("console_sessions"))
        let distribution = Distribution(connection: connection, location: location, shards: 4)
        for step in try distribution.steps(except: newTables) { try connection.run(step.sql) }
        try connection.run("INSERT INTO organisations VALUES (1, 'Acme', 0)")
        try connection.run("INSERT INTO organisation_heads VALUES (1, 0, 0)")

        let store = try PostgresStore(location, options: .forTests)
        defer { store.close() }
        #expect(try await store.check { _, _ in } == [])
        #expect(try Distribution.citusTables(connection) == Set(tables))
        #expect(try Distribution.localFunctions(connection) == [])
        let organisation = try #require(try await store.directory().first).id
        _ = try await store.record([Sample.plain("a", count: 3)], in: organisation)
        #expect(try await store.search(SendLogSearch(), in: organisation).total == 1)
    }

    @Test func `while a worker is down, other organisations' keys, sessions and names work`() async throws {
        try await withCluster(on: Cluster()) { store, name, nodes in
            let new = NewAPIKey(name: "", permissions: [.all], expires: nil)
            var keys: [APIKey] = []
            for number in 0..<8 {
                let organisation = try await store.organisation("Organisation \(number)")
                let hash = [UInt8](repeating: UInt8(number), count: 32)
                keys.append(try await store.createKey(new, hash: hash, in: organisation, at: .earliest))
            }
            let placed = try nodes[0].sql(
                """
                SELECT o.org_id FROM organisations o JOIN pg_dist_placement p
                    ON p.shardid = get_shard_id_for_distribution_column('organisation_heads', o.org_id)
                JOIN pg_dist_node n USING (groupid) WHERE n.nodeport = \(nodes[1].port)
                """,
                database: name
            )
            let lost = Set(placed.compactMap { Int64($0) }.map(OrganisationID.init))
            #expect(!lost.isEmpty && lost.count < keys.count)
            try nodes[1].stop(immediately: true)
            for key in keys where !lost.contains(key.organisation) {
                let hash = [UInt8](repeating: 9, count: 32)
                try await store.createSession(hash, of: key.id, in: key.organisation, at: .earliest, until: .latest)
                #expect(try await store.sessionKey(hash, in: key.organisation, at: .earliest) == key)
                try await store.endSession(hash, in: key.organisation)
                _ = try await store.record([Sample.plain("a")], in: key.organisation)
                #expect(try await store.organisation(key.organisation).sends == 1)
            }
            for (number, key) in keys.enumerated() {
                let name = try #require(OrganisationName("Organisation \(number)"))
                #expect(try await store.organisation(named: name).id == key.organisation)
                #expect(try await store.keys(in: key.organisation) == [key])
            }
            let (name, first) = (try #require(OrganisationName("New")), keys[0])
            for change: @Sendable () async throws -> Void in [
                { _ = try await store.createOrganisation(named: name, at: .earliest) },
                { _ = try await store.createKey(new, hash: [7], in: first.organisation, at: .earliest) },
                { _ = try await store.revokeKey(first.id, in: first.organisation, at: .earliest) },
            ] {
                let failure = await #expect(throws: StoreError.self) { try await change() }
                guard case .unavailable(_, let detail) = failure else {
                    Issue.record("\(String(describing: failure))")
                    continue
                }
                #expect(detail.hasPrefix("every node of the Citus cluster must be available for this"), "\(detail)")
            }
        }
    }

    private func connection(to url: String, lockTimeout: Int = 5) throws -> Connection {
        let session = PostgresStore.session(lockTimeout: lockTimeout, statementTimeout: 60)
        return try Connection(PostgresLocation(url), session: session)
    }
}
