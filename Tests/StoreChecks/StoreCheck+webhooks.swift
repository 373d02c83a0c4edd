import SendLogCore
import Testing

extension StoreCheck {
    static let webhooks = [
        StoreCheck("a webhook is stored unchanged, and listed in the order of creation") { store in
            let acme = try await store.organisation("Acme")
            var created: [Webhook] = []
            for (index, json) in WebhookSample.definitions.enumerated() {
                // The order of the ids differs from the order of creation.
                let id = try #require(WebhookID("hook-\(9 - index)"))
                let (definition, now) = (try WebhookSample.definition(json), try WebhookSample.at(index))
                let secret = try WebhookSample.secret("a", index)
                let made = try await store.createWebhook(id, definition, secret: secret, in: acme, at: now)
                #expect(
                    made
                        == Webhook(
                            id: id,
                            organisation: acme,
                            definition: definition,
                            secrets: [secret],
                            version: 1,
                            created: now,
                            updated: now,
                            progress: WebhookProgress(cursor: SequenceNumber(0))
                        )
                )
                #expect(try await store.webhook(id, in: acme) == made)
                created.append(made)
            }
            #expect(try await store.webhooks(in: acme) == created)
        },
        StoreCheck("a new webhook starts at the head") { store in
            let acme = try await store.organisation("Acme")
            _ = try await store.record(Sample.logs(7, "log"), in: acme)
            let webhook = try await WebhookUnderTest(in: acme, of: store)
            #expect(try await webhook.current.progress == WebhookProgress(cursor: SequenceNumber(7)))
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == [])
            try await webhook.record(1, "more")
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
        },
        StoreCheck("an organisation that does not exist gets no webhook") { store in
            let acme = try await store.organisation("Acme")
            let unknown = OrganisationID(acme.number + 1)
            await #expect(throws: StoreError.self) { try await WebhookUnderTest(in: unknown, of: store) }
            #expect(try await store.webhooks(in: unknown) == [])
            // The next organisation gets that number, and is empty.
            let zulu = try await store.organisation("Zulu")
            #expect(try await store.webhooks(in: zulu) == [])
        },
        StoreCheck("another organisation's webhook is not found") { store in
            let acme = try await store.organisation("Acme")
            let zuluWebhook = try await WebhookUnderTest(in: store.organisation("Zulu"), of: store)
            try await zuluWebhook.record(3)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let due = try WebhookSample.delivery(1, state: .waiting, nextTry: 5)
            try await store.saveDelivery(due, of: zuluWebhook.id, in: zuluWebhook.organisation)
            let (before, id) = (try await zuluWebhook.current, zuluWebhook.id)
            await #expect(throws: StoreError.notFound) { try await store.webhook(id, in: acme) }
            await #expect(throws: StoreError.notFound) {
                try await store.changeWebhook(id, in: acme, at: .latest) { $0.definition.name = "mine" }
            }
            await #expect(throws: StoreError.notFound) { try await store.deleteWebhook(id, in: acme) }
            await #expect(throws: StoreError.notFound) { try await store.delivery(due.id, of: id, in: acme) }
            #expect(try await store.webhooks(in: acme) == [])
            #expect(try await store.deliveries(of: id, in: acme, state: nil, before: nil, limit: 9) == [])
            #expect(try await store.dueDeliveries(of: id, in: acme, at: .latest, limit: 9) == [])
            let other = try WebhookSample.delivery(2)
            try await store.saveDelivery(other, of: id, in: acme)
            #expect(try await store.deliveries(of: id, in: acme, state: nil, before: nil, limit: 9) == [])
            let report = WebhookReport(
                owner: "one",
                version: 1,
                progress: WebhookProgress(cursor: SequenceNumber(3)),
                updates: [DeliveryUpdate(replacing: other)],
                leaseEnd: nil
            )
            #expect(try await store.save(report, of: id, in: acme) == nil)
            #expect(try await store.deliveries(of: id, in: acme, state: nil, before: nil, limit: 9) == [])
            #expect(try await zuluWebhook.current == before)
            #expect(try await zuluWebhook.deliveries == ["1"])
            // A webhook of Acme with the same id is another one.
            let acmeWebhook = try await WebhookUnderTest(in: acme, of: store)
            #expect(try await acmeWebhook.deliveries == [])
            try await store.deleteWebhook(id, in: acme)
            #expect(try await zuluWebhook.current == before)
            #expect(try await zuluWebhook.deliveries == ["1"])
        },
        StoreCheck("a change is stored, and increments the version") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            var expected = try await webhook.current
            for (index, json) in WebhookSample.definitions.enumerated() {
                let definition = try WebhookSample.definition(json)
                var old = try WebhookSample.secret("a")
                old.expires = try WebhookSample.at(50)
                let secrets = [try WebhookSample.secret("b", index), old]
                let changed = try await webhook.change(at: index + 1) { webhook in
                    webhook.definition = definition
                    webhook.secrets = secrets
                }
                expected.definition = definition
                expected.secrets = secrets
                expected.progress.skippedRanges = definition.isActive ? [] : [SkippedRange(after: SequenceNumber(0))]
                expected.version += 1
                expected.updated = try WebhookSample.at(index + 1)
                #expect(changed == expected)
                #expect(try await webhook.current == expected)
            }
            #expect(expected.version == 1 + WebhookSample.definitions.count)
        },
        StoreCheck("concurrent changes are all stored") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    group.addTask { try await webhook.change(at: number) { $0.definition.name += "x" } }
                }
                try await group.waitForAll()
            }
            let current = try await webhook.current
            #expect(current.definition.name == String(repeating: "x", count: 20))
            #expect(current.version == 21)
        },
        StoreCheck("sends that are recorded while a webhook is inactive are never delivered") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(2, "before")
            try await webhook.change(at: 1) { $0.definition.isActive = false }
            #expect(try await webhook.current.progress.cursor == SequenceNumber(0))
            #expect(try await store.leaseIDs(for: "one", at: 2, until: 10) == [])
            try await webhook.record(3, "meanwhile")
            // Another change does not activate it.
            try await webhook.change(at: 2) { $0.definition.name = "off" }
            #expect(try await store.leaseIDs(for: "one", at: 2, until: 10) == [])
            #expect(try await webhook.current.backlog(SequenceNumber(5)) == 2)
            let again = try await webhook.change(at: 3) { $0.definition.isActive = true }
            #expect(again.backlog(SequenceNumber(5)) == 2)
            // Sends recorded before are delivered, once it is active.
            #expect(try await store.leaseIDs(for: "one", at: 3, until: 10) == ["hook"])
            let skipped = again.progress.skippedRanges
            let one = try await webhook.save(by: "one", cursor: 1, version: 4, until: 20) { $0.skippedRanges = skipped }
            #expect(one?.progress == WebhookProgress(cursor: SequenceNumber(1), skippedRanges: skipped))
            let saved = try await webhook.save(by: "one", cursor: 2, version: 4) { $0.skippedRanges = skipped }
            #expect(saved?.progress == WebhookProgress(cursor: SequenceNumber(5)))
            #expect(try await store.leaseIDs(for: "one", at: 4, until: 10) == [])
            try await webhook.record(1, "after")
            #expect(try await store.leaseIDs(for: "one", at: 5, until: 10) == ["hook"])
            #expect(try await webhook.current.backlog(SequenceNumber(6)) == 1)
        },
        StoreCheck("a webhook without a backlog skips all sends of its inactive periods") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            for round in 1...3 {
                let head = SequenceNumber(Int64(round * 2))
                try await webhook.change(at: round * 10) { $0.definition.isActive = false }
                try await webhook.record(2, "meanwhile-\(round)")
                #expect(try await webhook.current.backlog(head) == 0)
                let again = try await webhook.change(at: round * 10 + 1) { $0.definition.isActive = true }
                #expect(again.progress == WebhookProgress(cursor: head))
                #expect(try await store.leaseIDs(for: "one", at: 1000 * round, until: 1000 * round + 1) == [])
            }
        },
        StoreCheck("sends between several inactive periods are delivered") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            // The webhook must deliver 1 and 2, 5 and 6, 9 and 10.
            for round in 0..<2 {
                try await webhook.record(2, "active-\(round)")
                try await webhook.change(at: round * 10 + 1) { $0.definition.isActive = false }
                try await webhook.record(2, "inactive-\(round)")
                try await webhook.change(at: round * 10 + 2) { $0.definition.isActive = true }
            }
            try await webhook.record(2, "active-2")
            let current = try await webhook.current
            #expect(current.backlog(SequenceNumber(10)) == 6)
            #expect(
                current.progress.skippedRanges == [
                    SkippedRange(after: SequenceNumber(2), through: SequenceNumber(4)),
                    SkippedRange(after: SequenceNumber(6), through: SequenceNumber(8)),
                ]
            )
            #expect(try await store.leaseIDs(for: "one", at: 100, until: 200) == ["hook"])
            for (cursor, expected, behind) in [(1, 1, 5), (2, 4, 4), (5, 5, 3), (6, 8, 2), (10, 10, 0)] {
                let saved = try await webhook.save(by: "one", cursor: cursor, version: current.version, until: 200) {
                    progress in
                    progress.skippedRanges = current.progress.skippedRanges.filter { $0.after.number >= Int64(cursor) }
                }
                #expect(saved?.progress.cursor == SequenceNumber(Int64(expected)), "\(cursor)")
                #expect(saved?.backlog(SequenceNumber(10)) == behind, "\(cursor)")
            }
            #expect(try await webhook.current.progress == WebhookProgress(cursor: SequenceNumber(10)))
        },
        StoreCheck("a paused webhook resumes where it stopped") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(5)
            #expect(try await store.leaseIDs(for: "one", at: 1, until: 10) == ["hook"])
            let pause = WebhookProgress.Pause(at: try WebhookSample.at(2), reason: "410 Gone: \"ünï\" 'x'")
            let saved = try await webhook.save(by: "one", cursor: 2) { progress in
                progress.failures = 7
                progress.failingSince = try WebhookSample.at(1)
                progress.heldUntil = try WebhookSample.at(900)
                progress.pause = pause
            }
            #expect(saved?.progress.pause == pause)
            let current = try await webhook.current
            #expect(current == saved)
            #expect(current.progress.failures == 7)
            #expect(try current.progress.failingSince == WebhookSample.at(1))
            #expect(try current.progress.heldUntil == WebhookSample.at(900))
            #expect(try await store.leaseIDs(for: "one", at: 5000, until: 9000) == [])
            let resumed = try await webhook.change(at: 100)
            #expect(resumed.progress == WebhookProgress(cursor: SequenceNumber(2)))
            #expect(try await webhook.current == resumed)
            #expect(try await store.leaseIDs(for: "two", at: 101, until: 200) == ["hook"])
        },
        StoreCheck("deleting a webhook deletes its deliveries, and no other webhook") { store in
            let acme = try await store.organisation("Acme")
            let webhook = try await WebhookUnderTest(in: acme, of: store)
            let other = try await WebhookUnderTest("other", in: acme, of: store)
            try await webhook.record(2)
            #expect(try await store.leaseIDs(for: "one", at: 1, until: 10) == ["hook", "other"])
            let deliveries = try [
                WebhookSample.delivery(1), WebhookSample.delivery(2, state: .waiting, nextTry: 5),
                WebhookSample.delivery(2, test: 7, state: .failed),
            ]
            for webhook in [webhook, other] {
                #expect(try await webhook.save(by: "one", cursor: 2, deliveries, until: 10) != nil)
            }
            try await store.deleteWebhook(webhook.id, in: acme)
            await #expect(throws: StoreError.notFound) { try await store.deleteWebhook(webhook.id, in: acme) }
            await #expect(throws: StoreError.notFound) { try await webhook.current }
            await #expect(throws: StoreError.notFound) { try await webhook.change(at: 3) }
            #expect(try await store.webhooks(in: acme).map(\.id) == [other.id])
            #expect(try await other.deliveries == ["2-t7", "2", "1"])
            // A worker that still has the lease learns of it, and its report stores nothing.
            #expect(try await webhook.save(by: "one", cursor: 2, deliveries, until: 20) == nil)
            try await store.saveDelivery(deliveries[0], of: webhook.id, in: acme)
            #expect(try await webhook.deliveries == [])
            #expect(try await store.leaseIDs(for: "two", at: 15, until: 20) == ["other"])
        },
    ]
}
