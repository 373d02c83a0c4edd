import SendLogCore
import SendLogRecipients
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// Work for all organisations goes on for the others while the node of one is down.
struct FanOutTests {
    private let lease = WebhookLease(owner: "one", start: Sample.start ?? .earliest, end: Sample.start ?? .earliest)

    /// Creates two organisations with a webhook and a send log each, and makes the second one unavailable.
    private func withFailedOrganisation(
        _ body: (FailedNode, _ healthy: OrganisationID, _ failed: OrganisationID) async throws -> Void
    ) async throws {
        let node = try FailedNode()
        defer { node.store.close() }
        let healthy = try await node.store.organisation("Healthy")
        let failed = try await node.store.organisation("Failed")
        for organisation in [healthy, failed] {
            let hook = try #require(WebhookID("hook"))
            _ = try await node.store.createWebhook(
                hook,
                WebhookSample.definition(),
                secret: WebhookSample.secret("a"),
                in: organisation,
                at: lease.start
            )
            _ = try await node.store.record(Sample.logs(1, "log"), in: organisation)
            let delivery = try WebhookSample.delivery(1, state: .failed)
            try await node.store.saveDelivery(delivery, of: hook, in: organisation)
            _ = try await node.store.beginRequest(Sample.request("key", attempt: "one"), in: organisation)
            _ = try await node.store.addRecipientLink(Sample.link("27821234567"), in: organisation)
        }
        try node.fail(failed)
        try await body(node, healthy, failed)
    }

    @Test func `webhooks of the other organisations are found and leased, until all are found again`() async throws {
        try await withFailedOrganisation { node, healthy, failed in
            for _ in 0..<3 {
                let pending = try await node.store.pendingWebhooks(for: lease, limit: 9)
                #expect(pending.map(\.organisation) == [healthy])
                #expect(try await node.store.dueWebhooks(in: healthy, for: lease).count == 1)
            }
            await #expect(throws: StoreError.self) { try await node.store.dueWebhooks(in: failed, for: lease) }
            #expect(node.store.fanOutGroups.groups(at: .now)?.count == 2)
            // Nothing to do for the others: the failure is reported.
            let leased = try await node.store.leaseWebhooks(
                node.store.pendingWebhooks(for: lease, limit: 9),
                for: WebhookLease(owner: "two", start: lease.start, end: lease.start.advanced(by: 50_000))
            )
            #expect(leased.count == 1)
            await #expect(throws: StoreError.self) { try await node.store.pendingWebhooks(for: lease, limit: 9) }
            try node.recover()
            let isFound = try await Deadline.wait(for: 60) {
                let pending = try? await node.store.pendingWebhooks(for: lease, limit: 9)
                return pending?.map(\.organisation) == [failed]
            }
            #expect(isFound)
            #expect(node.store.fanOutGroups.groups(at: .now) == nil)
        }
    }

    @Test func `gauges and counts are those of the other organisations`() async throws {
        try await withFailedOrganisation { node, healthy, _ in
            let gauges = try await node.store.webhookGauges(limit: 9)
            #expect(gauges.map(\.key.organisation) == [healthy])
            #expect(try await node.store.webhookCounts(at: .latest).total == 1)
            let lag = RecipientIndexLag(sendLogs: 1, organisations: 1)
            #expect(try await node.store.recipientIndexLag() == lag)
        }
    }

    @Test func `times of recording are sampled for the other organisations`() async throws {
        try await withFailedOrganisation { node, healthy, _ in
            #expect(try await node.store.sampleRecordingTimes(keepingFrom: .earliest) { .latest } == 1)
            let times = try await node.store.recordingTimes(in: healthy, after: SequenceNumber(0), limit: 9)
            #expect(times.map(\.sequence) == [SequenceNumber(1)])
            // Nothing is left to do for the others: the failure is reported.
            await #expect(throws: StoreError.self) {
                try await node.store.sampleRecordingTimes(keepingFrom: .earliest) { .latest }
            }
        }
    }

    @Test func `old deliveries, idempotency keys and links of the other organisations are deleted`() async throws {
        try await withFailedOrganisation { node, healthy, _ in
            let deliveries = try await node.store.deleteDeliveries(before: .latest)
            #expect(deliveries == 1)
            #expect(try await node.store.deleteIdempotencyKeys(before: .latest) == 1)
            #expect(try await node.store.deleteRecipientLinks(expiredAt: .latest) == 1)
            let rows = "SELECT count(*) FROM webhook_deliveries WHERE org_id = \(healthy.number)"
            #expect(try node.database.sql(rows) == ["0"])
            await #expect(throws: StoreError.self) { try await node.store.deleteDeliveries(before: .latest) }
            await #expect(throws: StoreError.self) { try await node.store.deleteIdempotencyKeys(before: .latest) }
            await #expect(throws: StoreError.self) { try await node.store.deleteRecipientLinks(expiredAt: .latest) }
        }
    }

    @Test func `recipient indexes of the other organisations are leased`() async throws {
        try await withFailedOrganisation { node, healthy, failed in
            let lease = RecipientIndexLease(owner: "one", start: lease.start, end: .latest)
            let leased = try await node.store.leaseRecipientIndex(for: .additions, lease, in: .latest, excluding: [])
            #expect(leased?.organisation == healthy)
            await #expect(throws: StoreError.self) {
                try await node.store.leaseRecipientIndex(of: failed, for: .additions, lease)
            }
        }
    }

    @Test func `only one owner has the lease on the poll at a time`() async throws {
        try await withStore { store, _ in
            func requested(_ owner: String, _ start: Int64, _ end: Int64) -> WebhookLease {
                WebhookLease(
                    owner: owner,
                    start: lease.start.advanced(by: start),
                    end: lease.start.advanced(by: end)
                )
            }
            // The third last one ends a lease. The last one begins during a lease that a wrong clock has set
            // far into the future, and that does not count.
            let requests: [(owner: String, start: Int64, end: Int64, isGranted: Bool)] = [
                ("one", 0, 10, true), ("two", 9, 19, false), ("one", 9, 19, true), ("two", 18, 28, false),
                ("two", 19, 29, true), ("one", 20, 30, false), ("two", 20, 20, true), ("one", 20, 10_000_000, true),
                ("two", 21, 31, true),
            ]
            for (owner, start, end, isGranted) in requests {
                let hasLease = try await store.leaseWebhookPoll(requested(owner, start, end))
                #expect(hasLease == isGranted, "\(owner) from \(start) to \(end)")
            }
        }
    }
}

/// The groups that statements over all organisations are split into.
struct FanOutGroupsTests {
    private let now = ContinuousClock.now

    @Test func `groups are used for half a minute, or until none fails`() {
        let groups = FanOutGroups()
        let (one, two) = (FanOutGroups.Group([1, 2]), FanOutGroups.Group([3]))
        #expect(groups.groups(at: now) == nil)
        groups.begin([one, two], at: now)
        groups.record(.unavailable(.unreachable, detail: ""), of: two, at: now)
        groups.endIfHealthy()
        #expect(groups.groups(at: now)?.map { $0.failure == nil } == [true, false])
        #expect(groups.groups(at: now + FanOutGroups.lifetime) == nil)
        groups.begin([one, two], at: now)
        groups.record(.unavailable(.unreachable, detail: ""), of: one, at: now)
        groups.record(nil, of: two, at: now)
        groups.endIfHealthy()
        #expect(groups.groups(at: now) != nil)
        groups.record(nil, of: one, at: now)
        groups.endIfHealthy()
        #expect(groups.groups(at: now) == nil)
    }

    @Test func `a condition names each table, and a statement over all organisations has none`() {
        #expect(OrganisationScope.all.condition("w.org_id", "h.org_id", parameter: 3) == "true")
        let some = OrganisationScope.some([1, 2]).condition("w.org_id", "h.org_id", parameter: 3)
        #expect(some == "w.org_id = ANY($3) AND h.org_id = ANY($3)")
    }
}
