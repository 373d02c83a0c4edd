import Foundation
import PostgresHarness
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// A node of a cluster that is down or does not respond, simulated on plain PostgreSQL.
struct FailedNodeTests {
    private struct Setup: Sendable {
        let store: PostgresStore
        let cluster: SimulatedCluster
        /// Organisations on node 1, which stays available.
        let healthy: [OrganisationID]
        /// Organisations on node 2.
        let failed: [OrganisationID]
        let changes: Box<[NodeChange]>
    }

    private func withCluster(connections: Int = 8, _ body: (Setup) async throws -> Void) async throws {
        let database = try TestDatabase()
        let cluster = try SimulatedCluster(database.name, on: database.server)
        let changes = Box<[NodeChange]>([])
        var options = PostgresStore.Options(connections: connections)
        options.onNodeChange = { change in changes.change { $0.append(change) } }
        let store = try PostgresStore(PostgresLocation(cluster.url), options: options)
        defer { store.close() }
        var organisations: [OrganisationID] = []
        for number in 1...6 { organisations.append(try await store.organisation("Organisation \(number)")) }
        try await body(
            Setup(
                store: store,
                cluster: cluster,
                healthy: organisations.filter { $0.number % 2 == 1 },
                failed: organisations.filter { $0.number % 2 == 0 },
                changes: changes
            )
        )
    }

    /// The error of work that was refused before it reached the database.
    private static let unavailable = StoreError.unavailable(
        .unreachable,
        detail: "the database node of the organisation is unavailable"
    )

    /// Records a send log, and finds it.
    private static func recordAndFind(
        _ id: String,
        in organisation: OrganisationID,
        _ store: PostgresStore
    ) async throws {
        let log = try Sample.plain(id, count: 2)
        _ = try await store.record([log], in: organisation)
        _ = try await store.sendLog(log.id, in: organisation)
        _ = try await store.search(SendLogSearch(limit: 1), in: organisation)
    }

    /// Keeps requesting organisations of the failed node; returns how many requests failed.
    private static func keepRequesting(_ setup: Setup, until isOver: Box<Bool>) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<8 {
                group.addTask {
                    var (failures, number) = (0, 0)
                    while !isOver.value {
                        number += 1
                        do {
                            let organisation = setup.failed[number % setup.failed.count]
                            try await recordAndFind("failed-\(client)-\(number)", in: organisation, setup.store)
                        } catch StoreError.unavailable { failures += 1 }
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    return failures
                }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test(arguments: [SimulatedCluster.NodeState.down, .frozen])
    func `organisations of other nodes work without a failure, those of the node fail at once and recover`(
        state: SimulatedCluster.NodeState
    ) async throws {
        try await withCluster { setup in
            for organisation in setup.healthy + setup.failed {
                try await Self.recordAndFind("before", in: organisation, setup.store)
            }
            try setup.cluster.set(2, state)
            let isOver = Box(false)
            async let failures = Self.keepRequesting(setup, until: isOver)
            let end = ContinuousClock.now + .seconds(4)
            var count = 0
            do {
                defer { isOver.set(true) }
                while ContinuousClock.now < end || setup.changes.value.isEmpty {
                    count += 1
                    let organisation = setup.healthy[count % setup.healthy.count]
                    try await Self.recordAndFind("during-\(count)", in: organisation, setup.store)
                }
            }
            #expect(try await failures > 0)
            #expect(setup.changes.value.count == 1, "\(setup.changes.value)")
            await #expect(throws: Self.unavailable) {
                try await Self.recordAndFind("at-once", in: setup.failed[0], setup.store)
            }

            try setup.cluster.set(2, .available)
            let recovers = try await TestSupport.Deadline.wait(for: 10) {
                do { try await Self.recordAndFind("after", in: setup.failed[0], setup.store) } catch { return false }
                return true
            }
            #expect(recovers)
            #expect(setup.changes.value.last == .available(node: "node-2:5432"))
        }
    }

    @Test func `statements on all nodes fail at once while a node is unavailable`() async throws {
        try await withCluster { setup in
            try setup.cluster.set(2, .down)
            let isFound = try await TestSupport.Deadline.wait(for: 20) {
                _ = try? await setup.store.search(SendLogSearch(), in: setup.failed[0])
                return setup.changes.value.count == 1
            }
            #expect(isFound)
            await #expect(throws: StoreError.unavailable(.unreachable, detail: "a database node is unavailable")) {
                try await setup.store.performLong(for: .allNodes) {
                    try $0.rows("SELECT count(*) FROM organisation_heads").count
                }
            }
        }
    }

    @Test func `a slow statement on a node that answers is not interrupted`() async throws {
        try await withCluster { setup in
            let organisation = setup.failed[0]
            _ = try await setup.store.performLong(for: organisation) { try $0.rows("SELECT pg_sleep(2)").count }
            #expect(setup.changes.value.isEmpty)
        }
    }
}
