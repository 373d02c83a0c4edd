import SendLogCore
import StoreChecks
import Testing

@testable import SendLogWebhooks

/// A delivery that crashes the server is found and set aside, and the deliveries after it continue.
struct CrashLoopTests {
    private static let reason = "not attempted again: the server crashed during 3 attempts of this delivery"

    @Test func `a delivery during which the server crashed three times is set aside, and the next ones are made`()
        async throws
    {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(6, "log"), in: organisation)
        let crashes = try await servers.serveUntilDone { name, _ in name == "hook/log-3" ? .crash : .status(200) }
        #expect(crashes == 3)
        #expect(servers.journal.starts(of: "hook/log-3") == 3)
        for other in [0, 1, 2, 4, 5] { #expect(servers.journal.delivered.contains("hook/log-\(other)")) }
        let delivery = try await servers.store.delivery(DeliveryID(SequenceNumber(4)), of: hook, in: organisation)
        #expect(delivery.state == .failed && delivery.nextTry == nil)
        #expect(delivery.attempts.map(\.problem) == [Self.reason])
        let webhook = try await servers.store.webhook(hook, in: organisation)
        #expect(webhook.progress.cursor == SequenceNumber(6) && webhook.progress.failures == 0)
        // Later sends are delivered as usual.
        _ = try await servers.store.record(Sample.logs(2, "later"), in: organisation)
        let next = try await servers.serve { _, _ in .status(200) }
        #expect(next.leased.map(\.started.isEmpty) == [true])
        await next.finish()
        #expect(servers.journal.delivered.suffix(2) == ["hook/later-0", "hook/later-1"])
    }

    @Test func `a retry during which the server crashed three times is set aside as well`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(3, "log"), in: organisation)
        let first = try await servers.serve { name, _ in .status(name == "hook/log-1" ? 500 : 200) }
        await first.finish()
        servers.advance(by: 3_600_000)
        _ = try await servers.store.record(Sample.logs(2, "later"), in: organisation)
        let crashes = try await servers.serveUntilDone { name, _ in name == "hook/log-1" ? .crash : .status(200) }
        #expect(crashes == 3)
        #expect(servers.journal.starts(of: "hook/log-1") == 4)
        let delivery = try await servers.store.delivery(DeliveryID(SequenceNumber(2)), of: hook, in: organisation)
        #expect(delivery.state == .failed && delivery.nextTry == nil)
        #expect(delivery.attempts.map(\.problem) == [nil, Self.reason])
        #expect(servers.journal.delivered == ["hook/log-0", "hook/log-2", "hook/later-0", "hook/later-1"])
    }

    @Test func `a single retry during which the server crashed three times is set aside at once`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(1, "log"), in: organisation)
        await (try servers.serve { _, _ in .status(500) }).finish()
        servers.advance(by: 3_600_000)
        #expect(try await servers.serveUntilDone { _, _ in .crash } == 3)
        #expect(servers.journal.starts(of: "hook/log-0") == 4)
        let delivery = try await servers.store.delivery(DeliveryID(SequenceNumber(1)), of: hook, in: organisation)
        #expect(delivery.state == .failed && delivery.nextTry == nil)
    }

    @Test func `a crashing retry that becomes due after another crash is found as well`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(1, "crashing"), in: organisation)
        // It fails, and its next retry is due half a minute later, give or take a fifth.
        for milliseconds in [7000, 1000] {
            await (try servers.serve { _, _ in .status(500) }).finish()
            servers.advance(by: Int64(milliseconds))
        }
        _ = try await servers.store.record(Sample.logs(40, "log"), in: organisation)
        // Another send crashes the server, after many sends. While those are attempted again, the retry becomes due.
        let (store, journal) = (servers.store, servers.journal)
        let crashes = try await servers.serveUntilDone { name, start in
            if name == "hook/log-20", start == 1 { return .crash }
            if name == "hook/log-30", start == 1 { servers.advance(by: 40_000) }
            return name == "hook/crashing-0" && start > 2 ? .crash : .status(200)
        }
        #expect(crashes == 4)
        #expect(journal.starts(of: "hook/crashing-0") == 5)
        let delivery = try await store.delivery(DeliveryID(SequenceNumber(1)), of: hook, in: organisation)
        #expect(delivery.state == .failed && delivery.attempts.last?.problem == Self.reason)
        for number in 0..<40 { #expect(journal.delivered.contains("hook/log-\(number)")) }
    }

    @Test func `a crashing send right after the batch of an earlier crash is found as well`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        let size = 500
        _ = try await servers.store.record(Sample.logs(size + 3, "log"), in: organisation)
        let crashes = try await servers.serveUntilDone { name, start in
            if name == "hook/log-0", start == 1 { return .crash }
            return name == "hook/log-\(size)" ? .crash : .status(200)
        }
        #expect(crashes == 4)
        #expect(servers.journal.starts(of: "hook/log-\(size)") == 3)
        let failed = try await servers.store.deliveries(
            of: hook,
            in: organisation,
            state: .failed,
            before: nil,
            limit: 9
        )
        #expect(failed.map(\.id) == [DeliveryID(SequenceNumber(Int64(size + 1)))])
        #expect(servers.journal.delivered.contains("hook/log-\(size + 2)"))
    }

    @Test func `servers that stop in order after a crash do not count as crashes`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(3, "log"), in: organisation)
        // One crash, and then many servers that stop in order during the same attempt.
        _ = try await servers.serve { _, _ in .crash }
        try await servers.awaitStart(1, of: "hook/log-0")
        servers.advance(by: ServersUnderTest.leaseDuration + 1)
        for round in 2...6 {
            let server = try await servers.serve { _, _ in
                try await Task.sleep(for: .seconds(60))
                return .status(200)
            }
            try await servers.awaitStart(round, of: "hook/log-0")
            await server.stop()
        }
        await (try servers.serve { _, _ in .status(200) }).finish()
        #expect(servers.journal.delivered == ["hook/log-0", "hook/log-1", "hook/log-2"])
    }

    @Test func `a delivery is not blamed for the crash during the one before it`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(3, "log"), in: organisation)
        // Each takes long enough to be saved before the next.
        let crashes = try await servers.serveUntilDone(taking: 300) { name, start in
            (name == "hook/log-0" && start == 1) || (name == "hook/log-1" && start <= 2) ? .crash : .status(200)
        }
        #expect(crashes == 3)
        #expect(servers.journal.delivered == ["hook/log-0", "hook/log-1", "hook/log-2"])
        #expect(
            try await servers.store.deliveries(of: hook, in: organisation, state: .failed, before: nil, limit: 9) == []
        )
    }

    @Test func `deliveries that were in progress beside the crashing one are not blamed`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        for name in ["a", "b", "c", "d", "e"] { try await servers.makeWebhook(name, in: organisation) }
        _ = try await servers.store.record(Sample.logs(2, "log"), in: organisation)
        let others = ["a/log-0", "b/log-0", "d/log-0", "e/log-0"]
        let crashes = try await servers.serveUntilDone { name, start in
            // The server crashes twice while all others are in progress. The third time it attempts one after the other.
            let isTogether = start < 3
            if name == "c/log-0" {
                for other in others where isTogether { try await servers.awaitStart(start, of: other) }
                return .crash
            }
            // Until the crashed server is stopped.
            if isTogether, others.contains(name) { try await Task.sleep(for: .seconds(600)) }
            return .status(200)
        }
        #expect(crashes == 3)
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

    @Test func `servers that stop in order do not count as crashes`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(2, "log"), in: organisation)
        for round in 1...5 {
            let server = try await servers.serve { _, _ in
                try await Task.sleep(for: .seconds(60))
                return .status(200)
            }
            #expect(server.leased.map(\.started.isEmpty) == [true])
            try await servers.awaitStart(round, of: "hook/log-0")
            await server.stop()
        }
        await (try servers.serve { _, _ in .status(200) }).finish()
        #expect(servers.journal.delivered == ["hook/log-0", "hook/log-1"])
    }

    @Test func `without crashes single attempts are not saved, and stay within the batch`() async throws {
        let servers = try ServersUnderTest()
        let (store, journal) = (servers.store, servers.journal)
        let organisation = try await servers.store.organisation()
        let all = try await servers.makeWebhook("all", in: organisation)
        let rare = try await servers.makeWebhook("rare", in: organisation, more: #","campaign_id":["rare"]"#)
        for number in 0..<13 {
            _ = try await store.record(Sample.logs(99, "log-\(number)"), in: organisation)
            _ = try await store.record([Sample.log("rare-\(number)", campaign: "rare")], in: organisation)
        }
        // The clock does not advance, so no save becomes due.
        let server = try await servers.serve { name, _ in
            let id = name.hasPrefix("all") ? all : rare
            let saved = try await store.webhook(id, in: organisation).progress.cursor.number
            let parts = name.split(separator: "-").compactMap { Int64($0) }
            let sequence = name.contains("rare-") ? parts[0] * 100 + 100 : parts[0] * 100 + parts[1] + 1
            // All attempts in progress are within the batch of the lease…
            if !(saved + 1...saved + 500).contains(sequence) { return .status(599) }
            // …and attempts do not change the row, except for the batch before. The first send is a batch by itself.
            return .status(saved == 0 || saved % 500 == 1 || id == rare ? 200 : 598)
        }
        await server.finish()
        #expect(journal.delivered.count { $0.hasPrefix("all/") } == 1300)
        #expect(journal.delivered.count { $0.hasPrefix("rare/") } == 13)
    }
}
