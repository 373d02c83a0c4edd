import SendLogCore
import StoreChecks
import Testing

@testable import SendLogWebhooks

/// A delivery that brings the server down is found and set aside, and those behind it go on.
struct CrashLoopTests {
    private static let reason = "not attempted again: the server ended during 3 attempts of this delivery"

    @Test func `a delivery during which the server died three times is set aside, and those behind it go on`()
        async throws
    {
        let servers = try ServersUnderTest()
        let organisation = try await servers.makeOrganisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(6, "log"), in: organisation)
        let deaths = try await servers.serveUntilDone { name, _ in name == "hook/log-3" ? .death : .status(200) }
        #expect(deaths == 3)
        #expect(servers.journal.starts(of: "hook/log-3") == 3)
        for other in [0, 1, 2, 4, 5] { #expect(servers.journal.delivered.contains("hook/log-\(other)")) }
        let delivery = try await servers.store.delivery(DeliveryID(SequenceNumber(4)), of: hook, in: organisation)
        #expect(delivery.state == .failed && delivery.nextTry == nil)
        #expect(delivery.attempts.map(\.problem) == [Self.reason])
        let webhook = try await servers.store.webhook(hook, in: organisation)
        #expect(webhook.progress.told == SequenceNumber(6) && webhook.progress.failures == 0)
        // What comes later is delivered without further ado.
        _ = try await servers.store.record(Sample.logs(2, "later"), in: organisation)
        let next = try await servers.serve { _, _ in .status(200) }
        #expect(next.leased.map(\.started) == [.none])
        await next.finish()
        #expect(servers.journal.delivered.suffix(2) == ["hook/later-0", "hook/later-1"])
    }

    @Test func `a retry during which the server died three times is set aside as well`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.makeOrganisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(3, "log"), in: organisation)
        let first = try await servers.serve { name, _ in .status(name == "hook/log-1" ? 500 : 200) }
        await first.finish()
        servers.advance(by: 3_600_000)
        _ = try await servers.store.record(Sample.logs(2, "later"), in: organisation)
        let deaths = try await servers.serveUntilDone { name, _ in name == "hook/log-1" ? .death : .status(200) }
        #expect(deaths == 3)
        #expect(servers.journal.starts(of: "hook/log-1") == 4)
        let delivery = try await servers.store.delivery(DeliveryID(SequenceNumber(2)), of: hook, in: organisation)
        #expect(delivery.state == .failed && delivery.nextTry == nil)
        #expect(delivery.attempts.map(\.problem) == [nil, Self.reason])
        #expect(servers.journal.delivered == ["hook/log-0", "hook/log-2", "hook/later-0", "hook/later-1"])
    }

    @Test func `deliveries that were under way each time beside the deadly one are not blamed`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.makeOrganisation()
        for name in ["a", "b", "c", "d", "e"] { try await servers.makeWebhook(name, in: organisation) }
        _ = try await servers.store.record(Sample.logs(2, "log"), in: organisation)
        // All others take their time, so that they are under way when the server dies.
        let deaths = try await servers.serveUntilDone { name, _ in
            if name == "c/log-0" {
                try await Task.sleep(for: .milliseconds(100))
                return .death
            }
            try await Task.sleep(for: .milliseconds(300))
            return .status(200)
        }
        #expect(deaths == 3)
        #expect(servers.journal.starts(of: "c/log-0") == 3)
        for name in ["a", "b", "d", "e"] {
            let id = try #require(WebhookID(name))
            for sequence in [1, 2] {
                let delivery = try await servers.store.delivery(
                    DeliveryID(SequenceNumber(Int64(sequence))),
                    of: id,
                    in: organisation
                )
                #expect(delivery.state == .delivered, "\(name) \(sequence): \(delivery)")
            }
        }
        #expect(servers.journal.delivered.contains("c/log-1"))
    }

    @Test func `servers that stop in order are no deaths`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.makeOrganisation()
        try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(2, "log"), in: organisation)
        for round in 1...5 {
            let server = try await servers.serve { _, _ in
                try await Task.sleep(for: .seconds(60))
                return .status(200)
            }
            #expect(server.leased.map(\.started) == [.none])
            try await wait { servers.journal.starts(of: "hook/log-0") == round }
            await server.stop()
        }
        await (try servers.serve { _, _ in .status(200) }).finish()
        #expect(servers.journal.delivered == ["hook/log-0", "hook/log-1"])
    }

    @Test func `in calm times nothing is saved for single attempts, and none is made behind the batch`() async throws {
        let servers = try ServersUnderTest()
        let (store, journal) = (servers.store, servers.journal)
        let organisation = try await servers.makeOrganisation()
        let all = try await servers.makeWebhook("all", in: organisation)
        let rare = try await servers.makeWebhook("rare", in: organisation, more: #","campaign_id":["rare"]"#)
        for number in 0..<13 {
            _ = try await store.record(Sample.logs(99, "log-\(number)"), in: organisation)
            _ = try await store.record([Sample.log("rare-\(number)", campaign: "rare")], in: organisation)
        }
        // The clock stands still, so that no time passes in which something would be saved.
        let server = try await servers.serve { name, _ in
            let id = name.hasPrefix("all") ? all : rare
            let saved = try await store.webhook(id, in: organisation).progress.told.number
            let parts = name.split(separator: "-").compactMap { Int64($0) }
            let sequence = name.contains("rare-") ? parts[0] * 100 + 100 : parts[0] * 100 + parts[1] + 1
            // All that may be under way is within the batch of the lease…
            if !(saved + 1...saved + StartedAttempts.batchSize).contains(sequence) { return .status(599) }
            // …and whatever is attempted leaves the row as it was, but for the batch before.
            return .status(saved % 500 == 0 || id == rare ? 200 : 598)
        }
        await server.finish()
        #expect(journal.delivered.count { $0.hasPrefix("all/") } == 1300)
        #expect(journal.delivered.count { $0.hasPrefix("rare/") } == 13)
    }
}
