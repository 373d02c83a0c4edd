import SendLogCore
import Testing

/// The webhooks of an organisation, and when they can be leased.
extension StoreCheck {
    static let dueWebhooks = [
        StoreCheck("a webhook can be leased when it has work, and no hold or other lease") { store in
            let acme = try await store.organisation("Acme")
            let names = [
                "behind", "held", "held-long", "idle", "leased", "off", "paused", "replaying", "retry", "retry-due",
            ]
            for name in names { _ = try await WebhookUnderTest(name, in: acme, of: store) }
            func webhook(_ name: String) throws -> WebhookUnderTest {
                WebhookUnderTest(existing: try #require(WebhookID(name)), in: acme, of: store)
            }
            try await webhook("idle").record(4)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == names)
            for name in names where name != "off" {
                let waits: [Delivery] =
                    switch name {
                    case "retry":
                        try [(1, 70), (2, 60)].map { try WebhookSample.delivery($0, state: .waiting, nextTry: $1) }
                    case "retry-due": [try WebhookSample.delivery(1, state: .waiting, nextTry: 5)]
                    case "held-long": [try WebhookSample.delivery(1, state: .waiting, nextTry: 90)]
                    default: []
                    }
                let cursor = ["behind", "held", "leased", "paused"].contains(name) ? 3 : 4
                let end = name == "leased" ? 40 : nil
                _ = try await webhook(name).save(by: "one", cursor: cursor, waits, until: end) { progress in
                    if name == "held" { progress.heldUntil = try WebhookSample.at(50) }
                    if name == "held-long" { progress.heldUntil = try WebhookSample.at(80) }
                    if name == "paused" { progress.pause = .init(at: try WebhookSample.at(1), reason: "") }
                }
            }
            try await webhook("off").change(at: 1) { $0.definition.isActive = false }
            let range = ReplayRange(
                id: try #require(SendLogID("replay")),
                kind: .all,
                after: SequenceNumber(0),
                through: SequenceNumber(2)
            )
            _ = try await store.setReplays(of: try webhook("replaying").id, in: acme) { _ in [range] }
            let lease = WebhookLease(owner: "two", start: try WebhookSample.at(20), end: try WebhookSample.at(30))
            let found = try await store.dueWebhooks(in: acme, for: lease)
            let due = Dictionary(uniqueKeysWithValues: found.map { ($0.webhook.id.text, $0.due) })
            let expected: [String: Int?] = [
                "behind": 20, "held": 50, "held-long": 90, "idle": nil, "leased": 40, "replaying": 20, "retry": 60,
                "retry-due": 20,
            ]
            let times = try expected.mapValues { try $0.map { try WebhookSample.at($0) } }
            #expect(due == times)
            #expect(found.allSatisfy { $0.webhook.isHealthy && $0.webhook.organisation == acme })
            // Those that can be leased now are those that a poll of all organisations finds.
            let pending = try await store.pendingWebhooks(for: lease, limit: 99)
            #expect(Set(pending) == Set(found.filter { $0.due == lease.start }.map(\.webhook)))
            #expect(Set(pending.map(\.id.text)) == ["behind", "replaying", "retry-due"])
            // The hold ends before the retry is due.
            let later = WebhookLease(owner: "two", start: try WebhookSample.at(80), end: try WebhookSample.at(85))
            let held = try await store.dueWebhooks(in: acme, for: later).first { $0.webhook.id.text == "held-long" }
            let retry = try WebhookSample.at(90)
            #expect(held?.due == retry)
        },
        StoreCheck("a lease that a wrong clock set is ignored, and the webhook leased longest ago is first") { store in
            let acme = try await store.organisation("Acme")
            for name in ["a", "b"] { _ = try await WebhookUnderTest(name, in: acme, of: store) }
            try await WebhookUnderTest(existing: try #require(WebhookID("a")), in: acme, of: store).record(2)
            let days = 2 * 86_400_000
            let a = try #require(WebhookID("a"))
            func lease(at now: Int, _ ids: WebhookID...) async throws {
                let lease = WebhookLease(
                    owner: "ahead",
                    start: try WebhookSample.at(now),
                    end: try WebhookSample.at(now + 20_000)
                )
                let pending = try await store.pendingWebhooks(for: lease, limit: 9).filter { ids.contains($0.id) }
                #expect(try await store.leaseWebhooks(pending, for: lease).count == ids.count)
            }
            try await lease(at: days, a)
            let present = WebhookLease(owner: "two", start: try WebhookSample.at(0), end: try WebhookSample.at(20_000))
            let found = try await store.dueWebhooks(in: acme, for: present)
            #expect(found.map(\.due) == [present.start, present.start])
            #expect(found.map(\.webhook.id.text) == ["b", "a"])
            let ahead = try WebhookSample.at(days).milliseconds
            #expect(found.map(\.webhook.leasedAt) == [0, ahead])
        },
        StoreCheck("the webhooks of an organisation are its own, and an unknown organisation has none") { store in
            let (acme, zulu) = (try await store.organisation("Acme"), try await store.organisation("Zulu"))
            let hook = try await WebhookUnderTest(in: acme, of: store)
            try await hook.record(1)
            _ = try await store.record(Sample.logs(1, "log"), in: zulu)
            let lease = WebhookLease(owner: "one", start: try WebhookSample.at(0), end: try WebhookSample.at(9))
            #expect(try await store.dueWebhooks(in: acme, for: lease).map(\.webhook.id) == [hook.id])
            #expect(try await store.dueWebhooks(in: zulu, for: lease) == [])
            #expect(try await store.dueWebhooks(in: OrganisationID(99), for: lease) == [])
        },
        StoreCheck("a webhook without pending deliveries is not leased") { store in
            let acme = try await store.organisation("Acme")
            let hook = try await WebhookUnderTest(in: acme, of: store)
            try await hook.record(1)
            func lease(_ owner: String, at now: Int) throws -> WebhookLease {
                WebhookLease(owner: owner, start: try WebhookSample.at(now), end: try WebhookSample.at(now + 10))
            }
            let pending = try await store.pendingWebhooks(for: lease("one", at: 0), limit: 9)
            #expect(pending.count == 1)
            #expect(try await store.leaseWebhooks(pending, for: lease("two", at: 0)).count == 1)
            #expect(try await hook.save(by: "two", cursor: 1) != nil)
            // Meanwhile another server has delivered.
            #expect(try await store.leaseWebhooks(pending, for: lease("one", at: 1)) == [])
            #expect(try await hook.save(by: "three", cursor: 1) == nil)
            try await hook.record(1, "more")
            #expect(try await store.leaseWebhooks(pending, for: lease("one", at: 2)).count == 1)
        },
        StoreCheck("the owner of the lease on the poll can renew it, and end it") { store in
            for (start, end) in [(0, 10), (5, 15), (6, 6), (7, 17)] {
                let (start, end) = (try WebhookSample.at(start), try WebhookSample.at(end))
                let lease = WebhookLease(owner: "one", start: start, end: end)
                #expect(try await store.leaseWebhookPoll(lease))
            }
        },
    ]
}
