import SendLogCore
import Testing

/// The state of webhooks of all organisations, for metrics.
extension StoreCheck {
    static let webhookMetrics = [
        StoreCheck("the gauges of webhooks come in order, up to a limit") { store in
            #expect(try await store.webhookGauges(limit: 9) == [])
            let (acme, zulu) = (try await store.organisation("Acme"), try await store.organisation("Zulu"))
            let second = try await WebhookUnderTest("b", in: acme, of: store)
            let first = try await WebhookUnderTest("a", in: acme, of: store)
            let last = try await WebhookUnderTest("a", in: zulu, of: store)
            try await first.record(3)
            let pause = WebhookProgress.Pause(at: try WebhookSample.at(2), reason: "410 Gone")
            #expect(try await store.leaseIDs(for: "one", at: 2, until: 10) == ["a", "b"])
            #expect(
                try await first.save(by: "one", cursor: 1) { progress in
                    progress.failures = 4
                    progress.pause = pause
                } != nil
            )
            try await store.saveDelivery(WebhookSample.delivery(1, state: .failed), of: first.id, in: acme)
            let all = try await store.webhookGauges(limit: 9)
            #expect(
                all.map(\.key)
                    == [first, second, last].map { WebhookKey(organisation: $0.organisation, id: $0.id) }
            )
            #expect(all.map(\.status.failed) == [1, 0, 0])
            #expect(all.map(\.status.behind) == [2, 3, 0])
            #expect(all.map(\.failures) == [4, 0, 0] && all.map(\.isPaused) == [true, false, false])
            #expect(try await store.webhookGauges(limit: 2) == Array(all.prefix(2)))
            #expect(try await store.webhookGauges(limit: 0) == [])
        },
        StoreCheck("a webhook is delayed by a new send that it has not delivered for five minutes") { store in
            #expect(try await store.webhookCounts(at: .latest) == WebhookCounts(total: 0, paused: 0, delayed: 0))
            let acme = try await store.organisation("Acme")
            let hook = try await WebhookUnderTest("a", in: acme, of: store)
            let zulu = try await store.organisation("Zulu")
            _ = try await WebhookUnderTest("b", in: zulu, of: store)
            try await hook.record(3)
            #expect(try await delayed(store, seconds: 600) == 0)
            // Nothing is recorded in the other organisation.
            try await sample(store, seconds: 600)
            #expect(try await delayed(store, seconds: 899) == 0)
            #expect(try await delayed(store, seconds: 900) == 1)
            #expect(try await store.leaseIDs(for: "one", at: 2, until: 10) == ["a"])
            #expect(try await hook.save(by: "one", cursor: 2) != nil)
            #expect(try await delayed(store, seconds: 900) == 1)
            #expect(try await store.leaseIDs(for: "one", at: 12, until: 20) == ["a"])
            #expect(try await hook.save(by: "one", cursor: 3) != nil)
            #expect(try await delayed(store, seconds: 900) == 0)
        },
        StoreCheck("a webhook is delayed by a delivery whose attempts have failed for five minutes") { store in
            let acme = try await store.organisation("Acme")
            let hook = try await WebhookUnderTest("a", in: acme, of: store)
            try await hook.record(3)
            #expect(try await store.leaseIDs(for: "one", at: 2, until: 10) == ["a"])
            #expect(try await hook.save(by: "one", cursor: 3) != nil)
            var waiting = try WebhookSample.delivery(1, state: .waiting, nextTry: 900_000)
            waiting.tries = 0
            try await store.saveDelivery(waiting, of: hook.id, in: acme)
            // A replayed delivery without an attempt does not count: its send was delivered before, or has failed.
            #expect(try await delayed(store, seconds: 900) == 0)
            waiting.tries = 1
            try await store.saveDelivery(waiting, of: hook.id, in: acme)
            #expect(try await delayed(store, seconds: 299) == 0)
            #expect(try await delayed(store, seconds: 300) == 1)
            var failed = try WebhookSample.delivery(2, state: .failed)
            failed.tries = 9
            try await store.saveDelivery(failed, of: hook.id, in: acme)
            waiting.state = .delivered
            waiting.nextTry = nil
            try await store.saveDelivery(waiting, of: hook.id, in: acme)
            #expect(try await delayed(store, seconds: 900) == 0)
        },
        StoreCheck("a webhook with both kinds of delay counts once; one that is paused or inactive, not as delayed") {
            store in
            let acme = try await store.organisation("Acme")
            let hook = try await WebhookUnderTest("a", in: acme, of: store)
            try await hook.record(3)
            try await sample(store, seconds: 600)
            var waiting = try WebhookSample.delivery(1, state: .waiting, nextTry: 900_000)
            waiting.tries = 1
            try await store.saveDelivery(waiting, of: hook.id, in: acme)
            let later = try WebhookSample.at(1_000_000)
            #expect(try await store.webhookCounts(at: later) == WebhookCounts(total: 1, paused: 0, delayed: 1))
            #expect(try await store.leaseIDs(for: "one", at: 2, until: 10) == ["a"])
            let pause = WebhookProgress.Pause(at: try WebhookSample.at(2), reason: "410 Gone")
            #expect(try await hook.save(by: "one", cursor: 1) { $0.pause = pause } != nil)
            #expect(try await store.webhookCounts(at: later) == WebhookCounts(total: 1, paused: 1, delayed: 0))
            try await hook.change(at: 5) { $0.definition.isActive = false }
            #expect(try await store.webhookCounts(at: later) == WebhookCounts(total: 1, paused: 0, delayed: 0))
        },
        StoreCheck("the size of the database is known") { store in
            let acme = try await store.organisation("Acme")
            _ = try await store.record(Sample.logs(100, "log"), in: acme)
            let size = try await store.databaseSize()
            // On Citus, a node does not know the size of the others.
            #expect(size.bytes ?? .max > 10_000, "\(size)")
        },
    ]

    /// Samples the times of recording, so many seconds after ``Sample/start``.
    private static func sample(_ store: any Store, seconds: Int) async throws {
        let now = try WebhookSample.at(seconds * 1000)
        while try await store.sampleRecordingTimes(keepingFrom: .earliest, now: { now }) > 0 {}
    }

    /// Returns the number of delayed webhooks so many seconds after ``Sample/start``.
    private static func delayed(_ store: any Store, seconds: Int) async throws -> Int {
        try await store.webhookCounts(at: WebhookSample.at(seconds * 1000)).delayed
    }
}
