import SendLogCore
import Testing

extension StoreCheck {
    static let leases = [
        StoreCheck("active webhooks with pending deliveries are leased") { store in
            let acme = try await store.organisation("Acme")
            let names = ["behind", "due", "due-later", "failed", "held", "idle", "off", "paused", "resting", "taken"]
            var webhooks: [String: WebhookUnderTest] = [:]
            for name in names { webhooks[name] = try await WebhookUnderTest(name, in: acme, of: store) }
            let named = webhooks
            func webhook(_ name: String) throws -> WebhookUnderTest {
                guard let webhook = named[name] else { throw StoreError.notFound }
                return webhook
            }
            try await webhook("idle").record(4)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == names)
            for name in names where !["taken", "off"].contains(name) {
                let cursor = ["behind", "held", "paused", "resting"].contains(name) ? 3 : 4
                let deliveries: [Delivery] =
                    switch name {
                    case "due", "held", "paused": [try WebhookSample.delivery(1, state: .waiting, nextTry: 20)]
                    case "due-later": [try WebhookSample.delivery(1, state: .waiting, nextTry: 21)]
                    case "failed": try [WebhookSample.delivery(1, state: .failed), WebhookSample.delivery(2)]
                    default: []
                    }
                let saved = try await webhook(name).save(by: "one", cursor: cursor, deliveries) { progress in
                    if name == "held" { progress.heldUntil = try WebhookSample.at(21) }
                    if name == "resting" { progress.heldUntil = try WebhookSample.at(20) }
                    if name == "paused" { progress.pause = .init(at: try WebhookSample.at(1), reason: "") }
                }
                #expect(saved != nil)
            }
            try await webhook("off").change(at: 1) { $0.definition.isActive = false }
            // The owner renews this lease.
            #expect(try await webhook("taken").save(by: "one", cursor: 3, until: 21) != nil)
            #expect(try await store.leaseIDs(for: "two", at: 20, until: 30) == ["behind", "due", "resting"])
            #expect(try await store.leaseIDs(for: "two", at: 20, until: 30) == [])
            #expect(try await store.leaseIDs(for: "two", at: 21, until: 30) == ["due-later", "held", "taken"])
        },
        StoreCheck("a lease returns the current webhook") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(3)
            let definition = try WebhookSample.definition(WebhookSample.definitions[1])
            try await webhook.change(at: 1) { $0.definition = definition }
            let now = try WebhookSample.at(2)
            let leased = try await store.leaseWebhooks(for: "one", at: now, until: .latest, limit: 1)
            #expect(try await leased == [webhook.current])
            #expect(leased.first?.definition == definition)
            #expect(leased.first?.progress == WebhookProgress(cursor: SequenceNumber(0)))
        },
        StoreCheck("no more webhooks are leased than the limit allows") { store in
            for name in ["Acme", "Zulu"] {
                let organisation = try await store.organisation(name)
                for index in 0..<3 {
                    _ = try await WebhookUnderTest("\(name)-\(index)", in: organisation, of: store)
                }
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            var leased: [String] = []
            for limit in [0, 1, 2, 2, 2] {
                let more = try await store.leaseIDs(for: "one", at: 0, until: 10, limit: limit)
                #expect(more.count == min(limit, 6 - leased.count))
                leased += more
            }
            #expect(Set(leased).count == 6)
        },
        StoreCheck("webhooks whose last lease is oldest come first") { store in
            var webhooks: [String: WebhookUnderTest] = [:]
            for name in ["Acme", "Zulu"] {
                let organisation = try await store.organisation(name)
                for index in 0..<2 {
                    let webhook = try await WebhookUnderTest("\(name)-\(index)", in: organisation, of: store)
                    webhooks[webhook.id.text] = webhook
                }
                _ = try await store.record(Sample.logs(9, "log"), in: organisation)
            }
            var order: [String] = []
            for turn in 1...12 {
                let leased = try await store.leaseIDs(for: "one", at: turn, until: 100, limit: 1)
                let name = try #require(leased.first)
                // The lease is released while deliveries are still pending.
                let saved = try await webhooks[name]?.save(by: "one", cursor: turn / 4)
                #expect(saved != nil)
                order.append(name)
            }
            #expect(Set(order.prefix(4)) == Set(webhooks.keys))
            #expect(order == Array([order.prefix(4), order.prefix(4), order.prefix(4)].joined()))
        },
        StoreCheck("no other owner leases a webhook until its lease ends") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(2)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            #expect(try await store.leaseIDs(for: "two", at: 9, until: 19) == [])
            #expect(try await store.leaseIDs(for: "one", at: 9, until: 19) == [])
            #expect(try await webhook.save(by: "one", cursor: 1, until: 20) != nil)
            #expect(try await store.leaseIDs(for: "two", at: 19, until: 29) == [])
            #expect(try await store.leaseIDs(for: "two", at: 20, until: 30) == ["hook"])
            // The former owner learns of it with its next report.
            #expect(try await webhook.save(by: "one", cursor: 2, until: 40) == nil)
            #expect(try await webhook.current.progress.cursor == SequenceNumber(1))
            #expect(try await store.leaseIDs(for: "one", at: 29, until: 40) == [])
            #expect(try await webhook.save(by: "two", cursor: 2, until: 40) != nil)
        },
        StoreCheck("a released webhook can be leased at once") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(2)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 1000) == ["hook"])
            #expect(try await webhook.save(by: "one", cursor: 1)?.progress.cursor == SequenceNumber(1))
            #expect(try await store.leaseIDs(for: "two", at: 1, until: 1000) == ["hook"])
            #expect(try await webhook.save(by: "two", cursor: 2) != nil)
            #expect(try await store.leaseIDs(for: "one", at: 2, until: 1000) == [])
        },
        StoreCheck("a report by another owner moves no cursor, but its deliveries are stored") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(4)
            let delivery = try WebhookSample.delivery(1)
            #expect(try await webhook.save(by: "another owner", cursor: 3, [delivery], until: 50) == nil)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let before = try await webhook.current
            let late = try WebhookSample.delivery(2, state: .waiting, nextTry: 100)
            let saved = try await webhook.save(by: "two", cursor: 4, [late]) { $0.failures = 3 }
            #expect(saved == nil)
            #expect(try await webhook.current == before)
            #expect(try await webhook.deliveries == ["2", "1"])
            #expect(try await webhook.delivery(late.id) == late)
            // The lease was neither released nor renewed.
            #expect(try await store.leaseIDs(for: "two", at: 9, until: 20) == [])
            #expect(try await store.leaseIDs(for: "two", at: 10, until: 20) == ["hook"])
        },
        StoreCheck("a worker learns from its report that its webhook is inactive") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(4)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            try await webhook.change(at: 1) { $0.definition.isActive = false }
            #expect(try await webhook.save(by: "one", cursor: 3, [WebhookSample.delivery(3)], until: 20) == nil)
            // Deliveries made until then count.
            #expect(try await webhook.current.progress.cursor == SequenceNumber(3))
            #expect(try await webhook.deliveries == ["3"])
        },
        StoreCheck("a report from before a change moves only the cursor, and only forward") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(9)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let changed = try await webhook.change(at: 1) { $0.definition.name = "new" }
            for (cursor, expected) in [(4, 4), (3, 4), (6, 6)] {
                let saved = try await webhook.save(by: "one", cursor: cursor, until: 20) { progress in
                    progress.failures = 99
                    progress.failingSince = try WebhookSample.at(1)
                    progress.heldUntil = .latest
                    progress.pause = .init(at: .latest, reason: "it failed")
                }
                #expect(saved?.version == 2)
                #expect(saved?.definition == changed.definition)
                #expect(saved?.progress == WebhookProgress(cursor: SequenceNumber(Int64(expected))))
                #expect(try await webhook.current == saved)
            }
            // A report from after the change is stored in full.
            let saved = try await webhook.save(by: "one", cursor: 7, version: 2, until: 20) { $0.failures = 2 }
            #expect(saved?.progress == WebhookProgress(cursor: SequenceNumber(7), failures: 2))
            #expect(try await webhook.current == saved)
        },
        StoreCheck("a repeated report counts once") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(3)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let deliveries = try (1...3).map { try WebhookSample.delivery($0) }
            let first = try await webhook.save(by: "one", cursor: 3, deliveries) { $0.failures = 1 }
            let second = try await webhook.save(by: "one", cursor: 3, deliveries) { $0.failures = 1 }
            #expect(first != nil)
            #expect(first == second)
            #expect(try await webhook.deliveries == ["3", "2", "1"])
            #expect(try await webhook.delivery(deliveries[1].id) == deliveries[1])
        },
        StoreCheck("owners that lease at the same time never get the same webhook") { store in
            var expected: Set<String> = []
            for number in 0..<4 {
                let organisation = try await store.organisation("Organisation \(number)")
                for index in 0..<8 {
                    _ = try await WebhookUnderTest("hook-\(number)-\(index)", in: organisation, of: store)
                    expected.insert("hook-\(number)-\(index)")
                }
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            var leased = try await withThrowingTaskGroup(of: [String].self) { group in
                for owner in 0..<16 {
                    group.addTask {
                        var leased: [String] = []
                        for _ in 0..<4 {
                            leased += try await store.leaseIDs(for: "owner-\(owner)", at: 0, until: 1000, limit: 3)
                        }
                        return leased
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            // Owners that competed for a webhook may have leased fewer than their limit.
            leased += try await store.leaseIDs(for: "last", at: 0, until: 1000)
            #expect(leased.count == expected.count)
            #expect(Set(leased) == expected)
        },
        StoreCheck("many owners lease, report and release webhooks, and each send is delivered once") { store in
            let acme = try await store.organisation("Acme")
            let webhooks = try await withThrowingTaskGroup(of: WebhookUnderTest.self) { group in
                for index in 0..<5 {
                    group.addTask { try await WebhookUnderTest("hook-\(index)", in: acme, of: store) }
                }
                return try await group.reduce(into: [:]) { $0[$1.id] = $1 }
            }
            _ = try await store.record(Sample.logs(12, "log"), in: acme)
            let delivered = try await withThrowingTaskGroup(of: [String].self) { group in
                for owner in 0..<6 {
                    group.addTask {
                        var delivered: [String] = []
                        for turn in 0..<60 {
                            let (now, name) = (try WebhookSample.at(turn), "owner-\(owner)")
                            for leased in try await store.leaseWebhooks(for: name, at: now, until: .latest, limit: 2) {
                                let webhook = try #require(webhooks[leased.id])
                                let next = Int(leased.progress.cursor.number) + 1
                                // Another owner delivered the last send after this webhook was found pending.
                                if next > 12 {
                                    _ = try await webhook.save(by: name, cursor: 12)
                                    continue
                                }
                                let saved = try await webhook.save(
                                    by: name,
                                    cursor: next,
                                    [WebhookSample.delivery(next)]
                                )
                                #expect(saved?.progress.cursor.number == Int64(next))
                                delivered.append("\(leased.id) \(next)")
                            }
                        }
                        return delivered
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(delivered.count == Set(delivered).count)
            #expect(delivered.count == 60)
            for webhook in webhooks.values {
                #expect(try await webhook.deliveries == (1...12).reversed().map { "\($0)" })
            }
        },
    ]
}
