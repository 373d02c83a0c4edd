import Foundation
import Synchronization
import TestSupport
import Testing

/// The server is killed or stopped while it delivers webhooks.
@Suite(.blocking) struct WebhookCrashTests {
    private final class Ledger: Sendable {
        private let entries = Mutex((sent: Set<String>(), acknowledged: Set<String>(), unexpected: [String]()))

        var acknowledged: Set<String> { entries.withLock(\.acknowledged) }
        var sent: Set<String> { entries.withLock(\.sent) }
        /// Errors that ended a client, other than the end of its connection.
        var unexpected: [String] { entries.withLock(\.unexpected) }

        /// Records sends one after the other until the server is gone, or 250 are recorded.
        ///
        /// Most of the time the former server's leases are still valid, and too many sends would accumulate.
        func record(in tenant: Tenant, prefix: String) {
            guard let connection = try? tenant.server.connect() else { return }
            do {
                for number in 0..<250 {
                    let log = SampleLog(id: "\(prefix)-\(number)", campaign: number % 10 == 0 ? "rare" : "spring")
                    entries.withLock { _ = $0.sent.insert(log.id) }
                    let body = Array(log.json.utf8)
                    let response = try connection.request("POST", "/send-logs", headers: tenant.headers, body: body)
                    _ = try response.data(201)
                    entries.withLock { _ = $0.acknowledged.insert(log.id) }
                    usleep(number < 50 ? 5000 : 400_000)
                }
            } catch let failure as ConnectionFailure where failure.isEnd {
                return
            } catch {
                entries.withLock { $0.unexpected.append(String("\(error)".prefix(300))) }
            }
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `after kill -9 each recorded send is delivered at least once`() throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "--webhooks-allow", "127.0.0.1", "--webhooks-retry-seconds", "600", "--webhooks-timeout", "3",
            "--webhooks-lease-seconds", "6",
        ]
        var server = try Server(in: folder, arguments: arguments)
        let owner = try Hooks.tenant(on: server)
        let receiver = try Receiver()
        let (steady, flaky) = (Hooks.path("slow/10"), Hooks.path("each/1/500"))
        let hooks = [
            try Hook(owner, receiver.url(steady)),
            // Each of its sends waits in the database for its second attempt.
            try Hook(owner, receiver.url(flaky), more: #","campaign_id":["rare"]"#),
        ]
        let ledger = Ledger()
        var random = SplitMix64(defaultSeed: 6)
        for round in 0..<TestScale.kills {
            let tenant = owner.on(server)
            let deliveredBefore = try receiver.requests(steady).count
            let workers = (0..<2).map { worker in
                Background { ledger.record(in: tenant, prefix: "\(round)-\(worker)") }
            }
            // The kill must come during deliveries: a killed server delays its webhooks until its leases expire.
            let isDelivering = try Deadline.poll(for: 180) {
                try receiver.requests(steady).count > deliveredBefore + 15
            }
            #expect(isDelivering, "round \(round)")
            usleep(UInt32.random(in: 0...300_000, using: &random))
            try server.crash()
            for worker in workers { try worker.value() }
            server = try Server(in: folder, arguments: arguments)
        }
        #expect(ledger.unexpected == [])
        let tenant = owner.on(server)
        let recorded = try Set(tenant.ids(#"{"options":{"limit":10000}}"#))
        #expect(ledger.acknowledged.subtracting(recorded).isEmpty)
        let rare = try Set(tenant.ids(#"{"find":{"campaign_id":["rare"]},"options":{"limit":10000}}"#))
        for (path, requested) in [(steady, recorded), (flaky, rare)] {
            let isDelivered = try Deadline.poll(for: 180) {
                usleep(100_000)
                return try Set(receiver.requests(path).ids()).isSuperset(of: requested)
            }
            let ids = try receiver.requests(path).ids()
            let missing = requested.subtracting(ids).count
            #expect(isDelivered && Set(ids) == requested, "\(path): \(missing) of \(requested.count) are missing")
        }
        // The flaky receiver accepted all of them in the end, though it refused each at first.
        for hook in hooks {
            let hook = Hook(existing: hook.id, of: tenant)
            try hook.awaitState { $0["behind"] == 0 }
            for state in ["waiting", "failed"] {
                let isNone = try Deadline.poll(for: 180) { try hook.deliveries("?state=\(state)&limit=1").isEmpty }
                #expect(isNone, "\(state)")
            }
        }
        // Attempts of the same send have the same id.
        let requests = try receiver.requests(steady)
        #expect(Set(requests.map { $0["webhook-id"] }).count == recorded.count)
        #expect(try server.command("database", "check").exit == .code(0))
        #expect(try server.stop() == .code(0))
    }

    @Test func `a server that stops in order loses no send, and repeats only attempts in progress`() throws {
        let folder = try TemporaryFolder()
        let arguments = ["--webhooks-allow", "127.0.0.1"]
        var server = try Server(in: folder, arguments: arguments)
        let owner = try Hooks.tenant(on: server)
        let path = Hooks.path("ok")
        _ = try Hook(owner, Hooks.receiver.url(path))
        for round in 0..<3 {
            let tenant = owner.on(server)
            for number in 0..<20 { try tenant.record(SampleLog(id: "\(round)-\(number)")) }
            // The next server may deliver the last of them.
            #expect(try server.stop() == .code(0))
            server = try Server(in: folder, arguments: arguments)
        }
        // Counts distinct ids, as a send that is delivered twice must not stand in for a missing one.
        let isDelivered = try Deadline.poll(for: 180) {
            usleep(100_000)
            return try Set(Hooks.receiver.requests(path).ids()).count == 60
        }
        let ids = try Hooks.receiver.requests(path).ids()
        let firsts = ids.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        #expect(isDelivered && firsts == (0..<60).map { "\($0 / 20)-\($0 % 20)" })
        // Only an attempt that was in progress when the server stopped is repeated.
        #expect(ids.count <= 63, "\(ids.count)")
    }
}
