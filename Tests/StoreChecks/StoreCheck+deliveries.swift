import SendLogCore
import TestSupport
import Testing

extension StoreCheck {
    static let deliveries = [
        StoreCheck("deliveries are listed page by page from the newest send, tests included") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            let other = try await WebhookUnderTest("other", in: webhook.organisation, of: store)
            let ids: [(Int, Int64?)] = [
                (0, 1_650_000_000_000), (0, .max), (1, nil), (2, nil), (2, 5), (2, 17), (3, nil), (10, nil),
                (10, 1), (1_099_511_627_776, nil),
            ]
            var random = SplitMix64(defaultSeed: nil, test: "deliveries are listed page by page from the newest send")
            for (index, id) in ids.shuffled(using: &random).enumerated() {
                // The order of creation does not matter.
                let delivery = try WebhookSample.delivery(id.0, test: id.1, created: index)
                try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
            }
            let whole = ids.reversed().map { DeliveryID(SequenceNumber(Int64($0.0)), test: $0.1) }
            let names = whole.map(\.description)
            #expect(try await webhook.deliveries == names)
            #expect(try await webhook.deliveries(limit: 0) == [])
            for (index, id) in whole.enumerated() {
                for limit in [1, 2, 3, 100] {
                    let page = try await webhook.deliveries(before: id, limit: limit)
                    #expect(page == Array(names.dropFirst(index + 1).prefix(limit)), "\(id)")
                }
                #expect(try await webhook.delivery(id).id == id)
            }
            // A page can begin after a delivery that does not exist.
            #expect(try await webhook.deliveries(before: DeliveryID(SequenceNumber(5)), limit: 2) == ["3", "2-t17"])
            #expect(
                try await webhook.deliveries(before: DeliveryID(SequenceNumber(2), test: 16), limit: 2) == [
                    "2-t5", "2",
                ]
            )
            #expect(try await webhook.deliveries(before: DeliveryID(SequenceNumber(0))) == [])
            for absent in [DeliveryID(SequenceNumber(4)), DeliveryID(SequenceNumber(3), test: 1)] {
                await #expect(throws: StoreError.notFound) { try await webhook.delivery(absent) }
            }
            #expect(try await other.deliveries == [])
            await #expect(throws: StoreError.notFound) { try await other.delivery(whole[0]) }
        },
        StoreCheck("deliveries are listed by their state") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            let states = Delivery.State.allCases
            for number in 0..<30 {
                let state = states[number % 3]
                let delivery = try WebhookSample.delivery(
                    number / 2,
                    test: number % 2 == 0 ? nil : 8,
                    state: state,
                    nextTry: state == .waiting ? 10 : nil
                )
                try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
            }
            let whole = try await webhook.deliveries
            #expect(whole.count == 30)
            for (index, state) in states.enumerated() {
                // The newest has index 29, counted from 0.
                let expected = (0..<30).filter { (29 - $0) % 3 == index }.map { whole[$0] }
                #expect(try await webhook.deliveries(state) == expected)
                let before = try #require(DeliveryID(expected[3]))
                #expect(try await webhook.deliveries(state, before: before, limit: 4) == Array(expected[4..<8]))
            }
        },
        StoreCheck("a delivery that is saved again replaces the stored one") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(2)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            var delivery = try WebhookSample.delivery(1, state: .waiting, nextTry: 20)
            let test = try WebhookSample.delivery(1, test: 3, state: .failed)
            #expect(try await webhook.save(by: "one", cursor: 1, [delivery, test], until: 10) != nil)
            #expect(try await webhook.delivery(delivery.id) == delivery)
            for state in [Delivery.State.waiting, .failed, .delivered, .waiting] {
                delivery.state = state
                delivery.nextTry = state == .waiting ? .latest : nil
                delivery.add(DeliveryAttempt(at: try WebhookSample.at(21), duration: 10_000, problem: "timed out"))
                if state == .failed {
                    try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
                } else {
                    #expect(try await webhook.save(by: "one", cursor: 1, [delivery], until: 10) != nil)
                }
                #expect(try await webhook.delivery(delivery.id) == delivery)
            }
            #expect(delivery.tries == 5)
            #expect(try await webhook.delivery(test.id) == test)
            #expect(try await webhook.deliveries == ["1-t3", "1"])
            // If a report has a delivery twice, the last one counts.
            var last = delivery
            (last.state, last.nextTry) = (.delivered, nil)
            #expect(try await webhook.save(by: "one", cursor: 1, [delivery, test, last], until: 10) != nil)
            #expect(try await webhook.delivery(last.id) == last)
        },
        StoreCheck("attempts of a worker and of a user at the same time are both kept") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(2)
            func attempt(_ milliseconds: Int, _ status: Int) throws -> DeliveryAttempt {
                DeliveryAttempt(at: try WebhookSample.at(milliseconds), duration: 5, status: status)
            }
            func update(_ update: DeliveryUpdate) async throws -> Delivery {
                try await store.updateDelivery(update, of: webhook.id, in: webhook.organisation)
            }
            // Both read the delivery before either attempt ends.
            let read = try WebhookSample.delivery(1, state: .waiting, nextTry: 20)
            try await store.saveDelivery(read, of: webhook.id, in: webhook.organisation)
            let manual = try DeliveryUpdate(read, attempt(30, 500), .manual)
            #expect(try await update(manual).nextTry == read.nextTry)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let automatic = try DeliveryUpdate(read, attempt(31, 503), .automatic(nextTry: WebhookSample.at(50)))
            func report(_ updates: DeliveryUpdate...) throws -> WebhookReport {
                WebhookReport(
                    owner: "one",
                    version: 1,
                    progress: WebhookProgress(cursor: SequenceNumber(1)),
                    updates: updates,
                    leaseEnd: try WebhookSample.at(10)
                )
            }
            // The same report again changes nothing, as after a connection that broke after the commit.
            for _ in 0..<2 {
                _ = try await store.save(report(automatic), of: webhook.id, in: webhook.organisation)
                let stored = try await webhook.delivery(read.id)
                #expect(stored.attempts.map(\.status) == [500, 500, 503])
                #expect((stored.tries, stored.state, stored.nextTry) == (2, .waiting, try WebhookSample.at(50)))
            }
            // A user's attempt succeeds while the worker's fails: the delivery stays delivered.
            #expect(try await update(DeliveryUpdate(read, attempt(40, 204), .manual)).state == .delivered)
            let late = try DeliveryUpdate(read, attempt(41, 500), .automatic(nextTry: WebhookSample.at(99)))
            _ = try await store.save(report(late), of: webhook.id, in: webhook.organisation)
            let last = try await webhook.delivery(read.id)
            #expect((last.state, last.nextTry, last.attempts.count, last.tries) == (.delivered, nil, 5, 3))
            #expect(try await webhook.due(at: 1000) == [])
            // The first attempts of a worker that lost its lease and of the next one are both kept.
            let new = try WebhookSample.delivery(2, state: .waiting)
            let unread = Delivery(id: new.id, send: new.send, created: new.created, state: .waiting)
            func first(_ owner: String, _ milliseconds: Int, _ status: Int) throws -> WebhookReport {
                var report = try report(
                    DeliveryUpdate(unread, attempt(milliseconds, status), .automatic(nextTry: WebhookSample.at(70)))
                )
                report.owner = owner
                return report
            }
            for report in try [first("lost", 50, 204), first("one", 51, 500)] {
                _ = try await store.save(report, of: webhook.id, in: webhook.organisation)
            }
            #expect(try await webhook.delivery(new.id).attempts.map(\.status) == [204, 500])
            #expect(try await webhook.delivery(new.id).state == .delivered)
            // A late attempt changes no schedule of the next owner.
            _ = try await store.save(first("lost", 52, 500), of: webhook.id, in: webhook.organisation)
            #expect(try await webhook.delivery(new.id).attempts.count == 3)
            #expect(try await webhook.delivery(new.id).tries == 2)
            // A deleted webhook has no deliveries.
            try await store.deleteWebhook(webhook.id, in: webhook.organisation)
            #expect(try await update(manual).attempts.count == 2)
            #expect(try await webhook.deliveries == [])
        },
        StoreCheck("due deliveries come in the order of recording") { store in
            let acme = try await store.organisation("Acme")
            let webhook = try await WebhookUnderTest(in: acme, of: store)
            let other = try await WebhookUnderTest("other", in: acme, of: store)
            // The later a send was recorded, the sooner its delivery is due.
            let deliveries = try (1...40).map { number in
                let isWaiting = number % 4 != 0
                return try WebhookSample.delivery(
                    number,
                    state: isWaiting ? .waiting : .delivered,
                    created: number,
                    nextTry: isWaiting ? 1000 - number : nil
                )
            }
            var random = SplitMix64(defaultSeed: nil, test: "due deliveries come in the order of recording")
            for delivery in deliveries.shuffled(using: &random) {
                try await store.saveDelivery(delivery, of: webhook.id, in: acme)
            }
            try await store.saveDelivery(deliveries[0], of: other.id, in: acme)
            let waiting = deliveries.filter { $0.state == .waiting }
            #expect(try await webhook.due(at: 960) == [])
            #expect(try await webhook.due(at: 961) == waiting.suffix(1))
            #expect(try await webhook.due(at: 999) == waiting)
            #expect(try await webhook.due(at: 990) == waiting.filter { $0.id.sequence.number >= 10 })
            #expect(
                try await webhook.due(at: 990, limit: 3) == waiting.filter { (10..<14).contains($0.id.sequence.number) }
            )
            #expect(try await webhook.due(at: 999, limit: 0) == [])
            #expect(try await other.due(at: 999) == [deliveries[0]])
        },
        StoreCheck("old deliveries are deleted, except those that will be retried") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let webhooks = [
                try await WebhookUnderTest(in: acme, of: store),
                try await WebhookUnderTest("other", in: acme, of: store),
                try await WebhookUnderTest("theirs", in: zulu, of: store),
            ]
            let deliveries = try [
                WebhookSample.delivery(1, created: 10), WebhookSample.delivery(2, state: .failed, created: 11),
                WebhookSample.delivery(3, state: .waiting, created: 12, nextTry: 5),
                WebhookSample.delivery(3, test: 13, created: 13), WebhookSample.delivery(4, created: 14),
            ]
            for webhook in webhooks {
                for delivery in deliveries {
                    try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
                }
            }
            #expect(try await deleteAll(before: 10, store) == 0)
            #expect(try await deleteAll(before: 12, store) == 6)
            for webhook in webhooks { #expect(try await webhook.deliveries == ["4", "3-t13", "3"]) }
            #expect(try await deleteAll(before: 14, store) == 3)
            for webhook in webhooks { #expect(try await webhook.deliveries == ["4", "3"]) }
            #expect(try await deleteAll(before: 1_000_000, store) == 3)
            for webhook in webhooks { #expect(try await webhook.deliveries == ["3"]) }
        },
        StoreCheck("thousands of old deliveries are deleted in batches") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(1)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let deliveries = try (1...2500).map { try WebhookSample.delivery($0, created: $0 % 50) }
            for begin in stride(from: 0, to: 2500, by: 500) {
                #expect(
                    try await webhook.save(by: "one", cursor: 1, Array(deliveries[begin..<begin + 500]), until: 10)
                        != nil
                )
            }
            #expect(try await deleteAll(before: 49, store) == 2450)
            #expect(try await webhook.deliveries.count == 50)
        },
        StoreCheck("responses with any bytes are stored") { store in
            let webhook = try await WebhookUnderTest(in: store.organisation("Acme"), of: store)
            try await webhook.record(1)
            #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["hook"])
            let responseBodies: [[UInt8]] = [
                [], Array(0..<0x80), Array("\"\\/'; DROP TABLE webhooks;-- {{send._id}} \u{0} \\u0000 \r\n".utf8),
                Array("ünï 😀 \u{2028}\u{2029}\u{feff}\u{202e}\u{ffff} {\"a\":[1,null]}".utf8),
                [UInt8](repeating: 0, count: DeliveryAttempt.maxResponseBytes),
            ]
            var delivery = try WebhookSample.delivery(1, state: .waiting, nextTry: 1)
            for (index, responseBody) in responseBodies.enumerated() {
                delivery.add(
                    DeliveryAttempt(
                        at: try WebhookSample.at(index),
                        duration: index * 1000,
                        status: index == 0 ? nil : 200 + index,
                        problem: index == 0 ? "no answer: \"ünï\"\0\\" : nil,
                        responseBody: responseBody
                    )
                )
            }
            #expect(try await webhook.save(by: "one", cursor: 1, [delivery], until: 10) != nil)
            #expect(try await webhook.delivery(delivery.id) == delivery)
            #expect(try await webhook.due(at: 1) == [delivery])
            try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
            #expect(try await webhook.delivery(delivery.id) == delivery)
            // Invalid UTF-8 is replaced, because responses are for people to read.
            delivery.add(
                DeliveryAttempt(at: .earliest, duration: 0, status: 599, responseBody: [0x61, 0xff, 0xc3, 0x62])
            )
            try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
            let stored = try await webhook.delivery(delivery.id)
            #expect(stored.attempts.dropLast() == delivery.attempts.dropLast())
            #expect(stored.attempts.last?.responseBody == Array("a\u{fffd}\u{fffd}b".utf8))
            // The largest number of stored attempts, each with the longest response.
            for _ in 0..<30 {
                delivery.add(DeliveryAttempt(at: .latest, duration: 1, status: 500, responseBody: responseBodies[4]))
            }
            try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
            #expect(try await webhook.delivery(delivery.id) == delivery)
            #expect(delivery.attempts.count == Delivery.maxStoredAttempts)
        },
    ]

    /// Deletes old deliveries until none remains.
    ///
    /// - Returns: how many were deleted.
    private static func deleteAll(before milliseconds: Int, _ store: any Store) async throws -> Int {
        var count = 0
        while true {
            let more = try await store.deleteDeliveries(before: WebhookSample.at(milliseconds))
            if more == 0 { return count }
            count += more
        }
    }
}
