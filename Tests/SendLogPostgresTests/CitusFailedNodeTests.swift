import Foundation
import PostgresHarness
import SendLogCore
import SendLogRecipients
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// Work for all organisations while a worker of a cluster is down: `make test-citus`, which needs the Citus extension.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SENDLOG_TEST_CITUS"] == "1"))
struct CitusFailedNodeTests {
    @Test func `while a worker is down, work for the organisations of the other one goes on`() async throws {
        let settings = ["shared_preload_libraries": "citus", "max_prepared_transactions": "100"]
        let nodes = try (0..<3).map { _ in try PostgresServer(settings: settings) }
        let name = "sends"
        for node in nodes {
            try node.sql("CREATE DATABASE \(name)")
            try node.sql("CREATE EXTENSION citus", database: name)
        }
        var join = "SELECT citus_set_coordinator_host('127.0.0.1', \(nodes[0].port));"
        for node in nodes[1...] { join += "SELECT citus_add_node('127.0.0.1', \(node.port));" }
        try nodes[0].sql(join, database: name)
        let store = try PostgresStore(PostgresLocation(nodes[0].url(name)), options: .forTests)
        defer { store.close() }
        try await store.distribute(shards: 4, apply: true) { _ in }
        let time = try #require(Sample.start)
        let lease = WebhookLease(owner: "one", start: time, end: time.advanced(by: 50_000))
        var organisations: [OrganisationID] = []
        for number in 0..<12 {
            let organisation = try await store.organisation("Organisation \(number)")
            organisations.append(organisation)
            _ = try await store.createWebhook(
                try #require(WebhookID("hook")),
                WebhookSample.definition(),
                secret: WebhookSample.secret("a"),
                in: organisation,
                at: time
            )
            _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            _ = try await store.beginRequest(Sample.request("key", attempt: "one"), in: organisation)
        }
        let healthy = Set(
            try nodes[0].sql(
                """
                SELECT o.org_id FROM organisations o, pg_dist_placement p JOIN pg_dist_node n USING (groupid)
                WHERE p.shardid = get_shard_id_for_distribution_column('organisation_heads', o.org_id)
                    AND n.nodeport = \(nodes[1].port)
                """,
                database: name
            )
            .compactMap { Int64($0).map(OrganisationID.init) }
        )
        try #require(!healthy.isEmpty && healthy.count < organisations.count)
        #expect(try await store.pendingWebhooks(for: lease, limit: 99).count == organisations.count)
        try nodes[2].stop(immediately: true)
        for _ in 0..<2 {
            #expect(try await Set(store.pendingWebhooks(for: lease, limit: 99).map(\.organisation)) == healthy)
        }
        #expect(store.fanOutGroups.groups(at: .now)?.count == 2)
        #expect(try await Set(store.webhookGauges(limit: 99).map(\.key.organisation)) == healthy)
        #expect(try await store.webhookCounts(at: .latest).total == healthy.count)
        #expect(try await store.recipientIndexLag().organisations == healthy.count)
        #expect(try await store.sampleRecordingTimes(keepingFrom: .earliest) { .latest } == healthy.count)
        #expect(try await store.deleteIdempotencyKeys(before: .latest) == healthy.count)
        let index = RecipientIndexLease(owner: "one", start: time, end: .latest)
        let leased = try await store.leaseRecipientIndex(for: .additions, index, in: .latest, excluding: [])
        let indexed = try #require(leased).organisation
        #expect(healthy.contains(indexed))
        try nodes[2].start()
        let areFound = try await Deadline.wait(for: 60) {
            try await store.pendingWebhooks(for: lease, limit: 99).count == organisations.count
        }
        #expect(areFound && store.fanOutGroups.groups(at: .now) == nil)
    }
}
