import SendLogCore
import Testing

extension StoreCheck {
    /// Started attempts that a lease leaves behind, and the order of pending webhooks.
    static let pending = [
        StoreCheck("the next lease gets the started attempts of a lease that was not released") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(9)
            func lease(_ owner: String, at now: Int, until end: Int) async throws -> StartedAttempts? {
                let (now, end) = (try WebhookSample.at(now), try WebhookSample.at(end))
                return try await store.lease(for: owner, at: now, until: end, limit: 1).first?.started
            }
            #expect(try await lease("one", at: 0, until: 10) == StartedAttempts.none)
            #expect(try await webhook.save(by: "one", cursor: 2, until: 20) != nil)
            // The server of owner "one" died.
            func record(_ text: String, after cursor: Int64, at now: Int) throws -> StartedAttempts {
                StartedAttempts(stored: text, after: SequenceNumber(cursor), at: try WebhookSample.at(now))
            }
            var batch = try record(StartedAttempts.unreleased, after: 2, at: 20)
            #expect(try await lease("two", at: 20, until: 30) == batch)
            batch.begin(SequenceNumber(3), starts: 2)
            #expect(try await webhook.save(by: "two", cursor: 2, until: 30, started: batch) != nil)
            // The server of owner "two" died as well: the attempts that it may have started are added.
            batch = try record("\(batch.stored) \(StartedAttempts.unreleased)", after: 2, at: 30)
            #expect(try await lease("three", at: 30, until: 40) == batch)
            #expect(batch.starts(of: SequenceNumber(3)) == 2 && batch.starts(of: SequenceNumber(4)) == 0)
            batch.end(SequenceNumber(3))
            #expect(try await webhook.save(by: "three", cursor: 3, started: batch) != nil)
            // Unresolved attempts remain, although owner "three" released its lease.
            #expect(try await lease("four", at: 31, until: 50) == batch)
            #expect(try await webhook.save(by: "four", cursor: 8) != nil)
            #expect(try await lease("five", at: 32, until: 50) == StartedAttempts.none)
            // An owner that has lost the lease cannot change the started attempts.
            #expect(try await webhook.save(by: "four", cursor: 8, started: batch) == nil)
            #expect(try await webhook.save(by: "five", cursor: 8) != nil)
            #expect(try await lease("six", at: 33, until: 50) == StartedAttempts.none)
        },
        StoreCheck("a lease or a hold that was set by a wrong clock is ignored") { store in
            let acme = try await store.organisation("Acme")
            let (leased, held) = (
                try await WebhookUnderTest("leased", in: acme, of: store),
                try await WebhookUnderTest("held", in: acme, of: store)
            )
            try await leased.record(2)
            let days = 2 * 86_400_000
            #expect(try await store.leaseIDs(for: "ahead", at: days, until: days + 20_000) == ["held", "leased"])
            #expect(
                try await held.save(by: "ahead", cursor: 0) { $0.heldUntil = try WebhookSample.at(days + 300_000) }
                    != nil
            )
            // Clocks may differ a little, and a receiver may ask for a pause of an hour.
            #expect(try await store.leaseIDs(for: "one", at: days - 9_000, until: days + 11_000) == [])
            // Other servers may have longer leases than this one.
            #expect(try await store.leaseIDs(for: "one", at: days - 49_000, until: days - 29_000) == [])
            #expect(try await store.leaseIDs(for: "one", at: days - 3_600_000, until: days - 3_580_000) == ["leased"])
            #expect(try await leased.save(by: "one", cursor: 0) != nil)
            #expect(try await store.leaseIDs(for: "two", at: 0, until: 20_000) == ["held", "leased"])
        },
        StoreCheck("slow and failing webhooks are unhealthy, and come after healthy ones") { store in
            let acme = try await store.organisation("Acme")
            for name in ["healthy", "failing", "slow"] {
                _ = try await WebhookUnderTest(name, in: acme, of: store)
            }
            _ = try await store.record(Sample.logs(4, "log"), in: acme)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10).count == 3)
            for (name, slow, failures) in [("healthy", 0, 0), ("failing", 0, 2), ("slow", 7, 0)] {
                let webhook = WebhookUnderTest(existing: try #require(WebhookID(name)), in: acme, of: store)
                let saved = try await webhook.save(by: "one", cursor: 1) { progress in
                    (progress.slowness, progress.failures) = (slow, failures)
                }
                #expect(saved?.progress.slowness == slow && saved?.progress.isHealthy == (name == "healthy"))
                #expect(try await webhook.current.progress.slowness == slow)
            }
            let lease = WebhookLease(owner: "two", start: try WebhookSample.at(10), end: try WebhookSample.at(20))
            let pending = try await store.pendingWebhooks(for: lease, limit: 9)
            #expect(pending.map(\.isHealthy) == [true, false, false])
            #expect(pending.map(\.id.text) == ["healthy", "failing", "slow"])
        },
        StoreCheck("pending webhooks begin with one of each organisation") { store in
            for (number, name) in ["Acme", "Busy", "Calm"].enumerated() {
                let organisation = try await store.organisation(name)
                for index in 0..<[9, 9, 1][number] {
                    _ = try await WebhookUnderTest("\(name)-\(index)", in: organisation, of: store)
                }
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            // The webhooks of Calm are leased last.
            for (turn, name) in ["Acme", "Busy", "Calm"].enumerated() {
                let now = WebhookLease(owner: name, start: try WebhookSample.at(turn), end: try WebhookSample.at(50))
                let all = try await store.pendingWebhooks(for: now, limit: 99)
                let webhooks = all.filter { $0.id.text.hasPrefix(name) }
                #expect(webhooks.count == (name == "Calm" ? 1 : 9))
                #expect(try await store.leaseWebhooks(webhooks, for: now).count == webhooks.count)
            }
            let lease = WebhookLease(owner: "next", start: try WebhookSample.at(60), end: try WebhookSample.at(70))
            let pending = try await store.pendingWebhooks(for: lease, limit: 5)
            #expect(pending.count == 5)
            #expect(Set(pending.prefix(3).map(\.organisation)).count == 3)
            #expect(pending.prefix(3).map(\.leasedAt) == pending.prefix(3).map(\.leasedAt).sorted())
        },
    ]
}
