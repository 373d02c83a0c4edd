import SendLogCore
import Testing

extension StoreCheck {
    static let leases = [
        StoreCheck("those are taken that have something to tell, and may") { store in
            let acme = try await store.organisation("Acme")
            let names = ["behind", "due", "due-later", "failed", "held", "idle", "off", "paused", "resting", "taken"]
            var webhooks: [String: WebhookUnderCheck] = [:]
            for name in names { webhooks[name] = try await WebhookUnderCheck(name, in: acme, of: store) }
            let named = webhooks
            func webhook(_ name: String) throws -> WebhookUnderCheck {
                guard let webhook = named[name] else { throw StoreError.notFound }
                return webhook
            }
            try await webhook("idle").record(4)
            #expect(try await store.take(for: "one", at: 0, until: 10) == names)
            for name in names where !["taken", "off"].contains(name) {
                let told = ["behind", "held", "paused", "resting"].contains(name) ? 3 : 4
                let deliveries: [Delivery] =
                    switch name {
                    case "due", "held", "paused": [try WebhookSample.delivery(1, state: .waiting, nextTry: 20)]
                    case "due-later": [try WebhookSample.delivery(1, state: .waiting, nextTry: 21)]
                    case "failed": try [WebhookSample.delivery(1, state: .failed), WebhookSample.delivery(2)]
                    default: []
                    }
                let saved = try await webhook(name).save(by: "one", cursor: told, deliveries) { progress in
                    if name == "held" { progress.heldUntil = try WebhookSample.at(21) }
                    if name == "resting" { progress.heldUntil = try WebhookSample.at(20) }
                    if name == "paused" { progress.pause = .init(at: try WebhookSample.at(1), reason: "") }
                }
                #expect(saved != nil)
            }
            try await webhook("off").change(at: 1) { $0.definition.isActive = false }
            // The holder of this one asks for more time.
            #expect(try await webhook("taken").save(by: "one", cursor: 3, until: 21) != nil)
            #expect(try await store.take(for: "two", at: 20, until: 30) == ["behind", "due", "resting"])
            #expect(try await store.take(for: "two", at: 20, until: 30) == [])
            #expect(try await store.take(for: "two", at: 21, until: 30) == ["due-later", "held", "taken"])
        },
        StoreCheck("what is taken is the webhook as it is") { store in
            let webhook = try await WebhookUnderCheck(in: store.organisation("Acme"), of: store)
            try await webhook.record(3)
            let definition = try WebhookSample.definition(WebhookSample.definitions[1])
            try await webhook.change(at: 1) { $0.definition = definition }
            let now = try WebhookSample.at(2)
            let taken = try await store.takeWebhooks(for: "one", at: now, until: .latest, most: 1)
            #expect(try await taken == [webhook.present])
            #expect(taken.first?.definition == definition)
            #expect(taken.first?.progress == WebhookProgress(cursor: SequenceNumber(0)))
        },
        StoreCheck("no more are taken than are wanted") { store in
            for name in ["Acme", "Zulu"] {
                let organisation = try await store.organisation(name)
                for place in 0..<3 {
                    _ = try await WebhookUnderCheck("\(name)-\(place)", in: organisation, of: store)
                }
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            var taken: [String] = []
            for most in [0, 1, 2, 2, 2] {
                let more = try await store.take(for: "one", at: 0, until: 10, most: most)
                #expect(more.count == min(most, 6 - taken.count))
                taken += more
            }
            #expect(Set(taken).count == 6)
        },
        StoreCheck("those that were taken longest ago come first") { store in
            var webhooks: [String: WebhookUnderCheck] = [:]
            for name in ["Acme", "Zulu"] {
                let organisation = try await store.organisation(name)
                for place in 0..<2 {
                    let webhook = try await WebhookUnderCheck("\(name)-\(place)", in: organisation, of: store)
                    webhooks[webhook.id.text] = webhook
                }
                _ = try await store.record(Sample.logs(9, "log"), in: organisation)
            }
            var order: [String] = []
            for turn in 1...12 {
                let taken = try await store.take(for: "one", at: turn, until: 100, most: 1)
                let name = try #require(taken.first)
                // It is given back with more to tell.
                let saved = try await webhooks[name]?.save(by: "one", cursor: turn / 4)
                #expect(saved != nil)
                order.append(name)
            }
            #expect(Set(order.prefix(4)) == Set(webhooks.keys))
            #expect(order == Array([order.prefix(4), order.prefix(4), order.prefix(4)].joined()))
        },
        StoreCheck("nobody else takes what is taken until its end") { store in
            let webhook = try await WebhookUnderCheck(in: store.organisation("Acme"), of: store)
            try await webhook.record(2)
            #expect(try await store.take(for: "one", at: 0, until: 10) == ["hook"])
            #expect(try await store.take(for: "two", at: 9, until: 19) == [])
            #expect(try await store.take(for: "one", at: 9, until: 19) == [])
            #expect(try await webhook.save(by: "one", cursor: 1, until: 20) != nil)
            #expect(try await store.take(for: "two", at: 19, until: 29) == [])
            #expect(try await store.take(for: "two", at: 20, until: 30) == ["hook"])
            // The one who had it is told when it comes back.
            #expect(try await webhook.save(by: "one", cursor: 2, until: 40) == nil)
            #expect(try await webhook.present.progress.cursor == SequenceNumber(1))
            #expect(try await store.take(for: "one", at: 29, until: 40) == [])
            #expect(try await webhook.save(by: "two", cursor: 2, until: 40) != nil)
        },
        StoreCheck("what is given back may be taken at once") { store in
            let webhook = try await WebhookUnderCheck(in: store.organisation("Acme"), of: store)
            try await webhook.record(2)
            #expect(try await store.take(for: "one", at: 0, until: 1000) == ["hook"])
            #expect(try await webhook.save(by: "one", cursor: 1)?.progress.cursor == SequenceNumber(1))
            #expect(try await store.take(for: "two", at: 1, until: 1000) == ["hook"])
            #expect(try await webhook.save(by: "two", cursor: 2) != nil)
            #expect(try await store.take(for: "one", at: 2, until: 1000) == [])
        },
        StoreCheck("a report of somebody who is not the holder moves nothing, but what was delivered is kept") {
            store in
            let webhook = try await WebhookUnderCheck(in: store.organisation("Acme"), of: store)
            try await webhook.record(4)
            let delivery = try WebhookSample.delivery(1)
            #expect(try await webhook.save(by: "nobody", cursor: 3, [delivery], until: 50) == nil)
            #expect(try await store.take(for: "one", at: 0, until: 10) == ["hook"])
            let before = try await webhook.present
            let late = try WebhookSample.delivery(2, state: .waiting, nextTry: 100)
            let stranger = try await webhook.save(by: "two", cursor: 4, [late]) { $0.failures = 3 }
            #expect(stranger == nil)
            #expect(try await webhook.present == before)
            #expect(try await webhook.deliveries == ["2", "1"])
            #expect(try await webhook.delivery(late.id) == late)
            // Neither was it given back, nor kept longer.
            #expect(try await store.take(for: "two", at: 9, until: 20) == [])
            #expect(try await store.take(for: "two", at: 10, until: 20) == ["hook"])
        },
        StoreCheck("a worker is told that its webhook is not active any more") { store in
            let webhook = try await WebhookUnderCheck(in: store.organisation("Acme"), of: store)
            try await webhook.record(4)
            #expect(try await store.take(for: "one", at: 0, until: 10) == ["hook"])
            try await webhook.change(at: 1) { $0.definition.isActive = false }
            #expect(try await webhook.save(by: "one", cursor: 3, [WebhookSample.delivery(3)], until: 20) == nil)
            // What it told until then it did tell.
            #expect(try await webhook.present.progress.cursor == SequenceNumber(3))
            #expect(try await webhook.deliveries == ["3"])
        },
        StoreCheck("a report of before a change takes its place forward alone") { store in
            let webhook = try await WebhookUnderCheck(in: store.organisation("Acme"), of: store)
            try await webhook.record(9)
            #expect(try await store.take(for: "one", at: 0, until: 10) == ["hook"])
            let changed = try await webhook.change(at: 1) { $0.definition.name = "new" }
            for (told, expected) in [(4, 4), (3, 4), (6, 6)] {
                let saved = try await webhook.save(by: "one", cursor: told, until: 20) { progress in
                    progress.failures = 99
                    progress.failingSince = try WebhookSample.at(1)
                    progress.heldUntil = .latest
                    progress.pause = .init(at: .latest, reason: "it failed")
                }
                #expect(saved?.version == 2)
                #expect(saved?.definition == changed.definition)
                #expect(saved?.progress == WebhookProgress(cursor: SequenceNumber(Int64(expected))))
                #expect(try await webhook.present == saved)
            }
            // One that knows the change counts as it is.
            let saved = try await webhook.save(by: "one", cursor: 7, version: 2, until: 20) { $0.failures = 2 }
            #expect(saved?.progress == WebhookProgress(cursor: SequenceNumber(7), failures: 2))
            #expect(try await webhook.present == saved)
        },
        StoreCheck("a report that comes twice counts once") { store in
            let webhook = try await WebhookUnderCheck(in: store.organisation("Acme"), of: store)
            try await webhook.record(3)
            #expect(try await store.take(for: "one", at: 0, until: 10) == ["hook"])
            let deliveries = try (1...3).map { try WebhookSample.delivery($0) }
            let first = try await webhook.save(by: "one", cursor: 3, deliveries) { $0.failures = 1 }
            let second = try await webhook.save(by: "one", cursor: 3, deliveries) { $0.failures = 1 }
            #expect(first != nil)
            #expect(first == second)
            #expect(try await webhook.deliveries == ["3", "2", "1"])
            #expect(try await webhook.delivery(deliveries[1].id) == deliveries[1])
        },
        StoreCheck("many who take at the same time never get the same") { store in
            var expected: Set<String> = []
            for number in 0..<4 {
                let organisation = try await store.organisation("Organisation \(number)")
                for place in 0..<8 {
                    _ = try await WebhookUnderCheck("hook-\(number)-\(place)", in: organisation, of: store)
                    expected.insert("hook-\(number)-\(place)")
                }
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            var taken = try await withThrowingTaskGroup(of: [String].self) { group in
                for holder in 0..<16 {
                    group.addTask {
                        var taken: [String] = []
                        for _ in 0..<4 {
                            taken += try await store.take(for: "holder-\(holder)", at: 0, until: 1000, most: 3)
                        }
                        return taken
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            // Who looked at the same moment may have gone away with less.
            taken += try await store.take(for: "last", at: 0, until: 1000)
            #expect(taken.count == expected.count)
            #expect(Set(taken) == expected)
        },
        StoreCheck("each that is taken is reported by its holder, while many take, report and give back") { store in
            let acme = try await store.organisation("Acme")
            let webhooks = try await withThrowingTaskGroup(of: WebhookUnderCheck.self) { group in
                for place in 0..<5 {
                    group.addTask { try await WebhookUnderCheck("hook-\(place)", in: acme, of: store) }
                }
                return try await group.reduce(into: [:]) { $0[$1.id] = $1 }
            }
            _ = try await store.record(Sample.logs(12, "log"), in: acme)
            let told = try await withThrowingTaskGroup(of: [String].self) { group in
                for holder in 0..<6 {
                    group.addTask {
                        var told: [String] = []
                        for turn in 0..<60 {
                            let (now, name) = (try WebhookSample.at(turn), "holder-\(holder)")
                            for taken in try await store.takeWebhooks(for: name, at: now, until: .latest, most: 2) {
                                let webhook = try #require(webhooks[taken.id])
                                let next = Int(taken.progress.cursor.number) + 1
                                // It was looked for while it had something to tell, and somebody else told the last of it.
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
                                told.append("\(taken.id) \(next)")
                            }
                        }
                        return told
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(told.count == Set(told).count)
            #expect(told.count == 60)
            for webhook in webhooks.values {
                #expect(try await webhook.deliveries == (1...12).reversed().map { "\($0)" })
            }
        },
    ]
}
