import SendLogCore
import Testing

/// Failed deliveries, and replays of webhooks.
extension StoreCheck {
    private static func range(_ id: String, to through: Int64, at position: Int64 = 0) throws -> ReplayRange {
        ReplayRange(
            id: try #require(SendLogID(id)),
            kind: .all,
            after: SequenceNumber(0),
            through: SequenceNumber(through),
            position: SequenceNumber(position)
        )
    }

    static let replays = [
        StoreCheck("failed deliveries are counted and read by sequence number, without tests and other states") {
            store in
            let acme = try await store.organisation("Acme")
            let webhook = try await WebhookUnderTest(in: acme, of: store)
            let other = try await WebhookUnderTest("other", in: acme, of: store)
            let zulu = try await WebhookUnderTest(in: store.organisation("Zulu"), of: store)
            func count(after: Int64 = -1, through: Int64 = .max) async throws -> Int {
                try await store.failedDeliveryCount(
                    of: webhook.id,
                    in: acme,
                    after: SequenceNumber(after),
                    through: SequenceNumber(through)
                )
            }
            #expect(try await count() == 0)
            #expect(try await store.failedDeliveryCounts(in: acme) == [:])
            let deliveries = try [
                WebhookSample.delivery(1, state: .failed), WebhookSample.delivery(2),
                WebhookSample.delivery(3, state: .waiting, nextTry: 5), WebhookSample.delivery(4, state: .failed),
                WebhookSample.delivery(4, test: 7, state: .failed), WebhookSample.delivery(9, state: .failed),
                WebhookSample.delivery(0, test: 8, state: .failed),
            ]
            for delivery in deliveries { try await store.saveDelivery(delivery, of: webhook.id, in: acme) }
            try await store.saveDelivery(deliveries[0], of: other.id, in: acme)
            try await store.saveDelivery(deliveries[3], of: zulu.id, in: zulu.organisation)
            #expect(try await count() == 3)
            #expect(try await count(after: 1, through: 4) == 1)
            #expect(try await count(after: 4, through: 8) == 0)
            #expect(try await store.failedDeliveryCounts(in: acme) == [webhook.id: 3, other.id: 1])
            func failed(after: Int64, through: Int64 = .max, limit: Int = 9) async throws -> [Delivery] {
                try await store.failedDeliveries(
                    of: webhook.id,
                    in: acme,
                    after: SequenceNumber(after),
                    through: SequenceNumber(through),
                    limit: limit
                )
            }
            #expect(try await failed(after: 0) == [deliveries[0], deliveries[3], deliveries[5]])
            #expect(try await failed(after: 0, limit: 2) == [deliveries[0], deliveries[3]])
            #expect(try await failed(after: 1, through: 8) == [deliveries[3]])
            try await store.saveDelivery(WebhookSample.delivery(4), of: webhook.id, in: acme)
            #expect(try await count() == 2)
            #expect(try await store.deleteDeliveries(before: WebhookSample.at(1)) > 0)
            #expect(try await count() == 0)
        },
        StoreCheck("replays are set without another change, and leave the lease and the version as they are") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(9)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let saved = try await webhook.save(by: "one", cursor: 9, until: 10) { progress in
                progress.failures = 2
                progress.failingSince = try WebhookSample.at(1)
            }
            var expected = try #require(saved)
            let ranges = [try range("a", to: 9), try range("b", to: 5)]
            expected.progress.replays = ranges
            let changed = try await store.setReplays(of: webhook.id, in: webhook.organisation) {
                $0.progress.replays + ranges
            }
            #expect(changed == expected)
            #expect(try await webhook.current == expected)
            // The worker does not know them yet; then it has advanced one, and finished the other.
            let unaware = try await webhook.save(by: "one", cursor: 9, until: 10)
            #expect(unaware?.progress.replays == ranges)
            let advanced = [try range("a", to: 9, at: 4), try range("b", to: 5, at: 5)]
            let due = try WebhookSample.delivery(3)
            let owned = try await webhook.save(by: "one", cursor: 9, [due], until: 10) { $0.replays = advanced }
            #expect(owned?.progress.replays == [advanced[0]])
            // A server without the lease changes nothing.
            #expect(try await webhook.save(by: "two", cursor: 9) { $0.replays = [try range("a", to: 9, at: 8)] } == nil)
            #expect(try await webhook.current.progress.replays == [advanced[0]])
            try await webhook.change(at: 5) { $0.definition.name = "other" }
            #expect(try await webhook.current.progress.replays == [advanced[0]])
            let cancelled = try await store.setReplays(of: webhook.id, in: webhook.organisation) { _ in [] }
            #expect(cancelled.progress.replays == [])
            await #expect(throws: StoreError.notFound) {
                try await store.setReplays(of: webhook.id, in: OrganisationID(webhook.organisation.number + 1)) { _ in
                    []
                }
            }
        },
        StoreCheck("a webhook with a replay is pending, unless it is held, paused, leased or inactive") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == [])
            let ranges = [try range("a", to: 9)]
            _ = try await store.setReplays(of: webhook.id, in: webhook.organisation) { _ in ranges }
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            #expect(try await store.leaseIDs(for: "two", at: 1, until: 10) == [])
            #expect(
                try await webhook.save(by: "one", cursor: 0) { progress in
                    progress.replays = ranges
                    progress.heldUntil = try WebhookSample.at(900)
                } != nil
            )
            #expect(try await store.leaseIDs(for: "two", at: 1, until: 10) == [])
            #expect(try await store.leaseIDs(for: "two", at: 900, until: 910) == ["hook"])
            let pause = WebhookProgress.Pause(at: try WebhookSample.at(2), reason: "410 Gone")
            #expect(try await webhook.save(by: "two", cursor: 0) { $0.pause = pause } != nil)
            #expect(try await store.leaseIDs(for: "three", at: 920, until: 930) == [])
            try await webhook.change(at: 930)
            #expect(try await store.leaseIDs(for: "three", at: 940, until: 950) == ["hook"])
            try await webhook.change(at: 945) { $0.definition.isActive = false }
            #expect(try await webhook.save(by: "three", cursor: 0) == nil)
            #expect(try await store.leaseIDs(for: "four", at: 960, until: 970) == [])
        },
        StoreCheck("a replayed delivery becomes due in the transaction that advances the replay") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(3)
            let failed = try WebhookSample.delivery(1, state: .failed)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            #expect(try await webhook.save(by: "one", cursor: 3, [failed], until: 10) != nil)
            let ranges = [try range("a", to: 3)]
            _ = try await store.setReplays(of: webhook.id, in: webhook.organisation) { _ in ranges }
            let new = Delivery(
                id: DeliveryID(SequenceNumber(2)),
                send: try #require(SendLogID("log-2")),
                created: try WebhookSample.at(4),
                state: .waiting
            )
            func report(by owner: String) throws -> WebhookReport {
                var progress = WebhookProgress(cursor: SequenceNumber(3))
                progress.replays = [try range("a", to: 3, at: 2)]
                let time = try WebhookSample.at(5)
                let updates = [failed, new].map { DeliveryUpdate(replaying: $0, .all, at: time) }
                return WebhookReport(owner: owner, version: 1, progress: progress, updates: updates, leaseEnd: nil)
            }
            #expect(try await store.save(report(by: "other"), of: webhook.id, in: webhook.organisation) == nil)
            #expect(try await webhook.due(at: 9) == [])
            #expect(try await webhook.deliveries == ["1"])
            let saved = try await store.save(report(by: "one"), of: webhook.id, in: webhook.organisation)
            #expect(saved?.progress.replays == [try range("a", to: 3, at: 2)])
            var expected = [failed, new]
            for index in expected.indices {
                expected[index].state = .waiting
                expected[index].nextTry = try WebhookSample.at(5)
                expected[index].tries = 0
            }
            #expect(try await webhook.due(at: 4) == [])
            #expect(try await webhook.due(at: 5) == expected)
        },
    ]
}
