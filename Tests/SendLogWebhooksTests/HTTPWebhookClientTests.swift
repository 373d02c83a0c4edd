import Foundation
import SendLogCore
import SendLogNetwork
import TestSupport
import Testing

@testable import SendLogWebhooks

/// Requests go to the address that was checked, even if later lookups have other results.
struct HTTPWebhookClientTests {
    /// Makes attempts one after the other with one client.
    private static func attempts(
        _ count: Int,
        at url: String,
        allowing allowed: String,
        timeout: Duration = .seconds(10),
        _ lookup: some AddressLookup
    ) async throws -> [DeliveryAttempt] {
        let client = HTTPWebhookClient(
            rules: try AddressRules(allowing: allowed),
            timeout: timeout,
            lookup: lookup
        )
        let (webhook, send) = (try Webhook.sample(url), try #require(WebhookSend.sample))
        var attempts: [DeliveryAttempt] = []
        for _ in 0..<count {
            let id = DeliveryID(SequenceNumber(1))
            attempts.append(try #require(await client.attempt(webhook, send, as: id, at: .earliest)))
        }
        client.close()
        return attempts
    }

    /// Two listeners at one port, of 127.0.0.1 and 127.0.0.2.
    private static func listeners() throws -> (one: LoopbackListener, two: LoopbackListener) {
        try pair { try LoopbackListener("127.0.0.1") }
    }

    /// A listener, and one at the same port of 127.0.0.2.
    private static func pair<Listener: PortListener>(
        _ make: () throws -> Listener
    ) throws -> (one: Listener, two: LoopbackListener) {
        for _ in 0..<20 {
            let one = try make()
            if let two = try? LoopbackListener("127.0.0.2", port: one.port) { return (one, two) }
        }
        let one = try make()
        return (one, try LoopbackListener("127.0.0.2", port: one.port))
    }

    @Test(arguments: ["localhost", "LOCALHOST", "LocalHost"])
    func `the connection goes to the checked address, without another lookup`(host: String)
        async throws
    {
        let (one, two) = try Self.listeners()
        // The system would resolve it to 127.0.0.1.
        let lookup = StubAddressLookup(["127.0.0.2"])
        let url = "http://\(host):\(one.port)/x"
        let attempts = try await Self.attempts(2, at: url, allowing: "127.0.0.2", lookup)
        #expect(attempts.map(\.status) == [200, 200], "\(attempts)")
        #expect(attempts.allSatisfy { $0.responseBody == Array("127.0.0.2".utf8) })
        #expect(lookup.hosts.map { $0.lowercased() } == [host.lowercased(), host.lowercased()])
        #expect(try one.countConnections() == 0)
        #expect(two.connections > 0)
    }

    @Test func `a lookup result that changes is checked again, and refused`() async throws {
        let (one, two) = try Self.listeners()
        let lookup = StubAddressLookup(["127.0.0.1"], ["127.0.0.2"])
        let url = "http://receiver.test:\(one.port)/x"
        let attempts = try await Self.attempts(3, at: url, allowing: "127.0.0.1", lookup)
        #expect(attempts.map(\.status) == [200, nil, nil])
        #expect(attempts[0].responseBody == Array("127.0.0.1".utf8))
        for attempt in attempts.dropFirst() {
            #expect(attempt.problem?.contains("is not public") == true)
        }
        #expect(lookup.hosts.count == 3)
        #expect(try two.countConnections() == 0)
        #expect(one.connections == 1)
    }

    @Test func `a connection to the former address is not reused for the next`() async throws {
        let (one, two) = try Self.listeners()
        let lookup = StubAddressLookup(["127.0.0.1"], ["127.0.0.2"])
        let url = "http://receiver.test:\(one.port)/x"
        let attempts = try await Self.attempts(2, at: url, allowing: "127.0.0.0/8", lookup)
        #expect(attempts.map { String(decoding: $0.responseBody, as: UTF8.self) } == ["127.0.0.1", "127.0.0.2"])
        #expect(one.connections == 1 && two.connections == 1)
    }

    @Test func `a host is refused if one of its addresses is not allowed`() async throws {
        let (one, two) = try Self.listeners()
        for addresses in [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]] {
            let url = "http://receiver.test:\(one.port)/x"
            let attempt = try await Self.attempts(1, at: url, allowing: "127.0.0.1", StubAddressLookup(addresses))[0]
            #expect(attempt.status == nil)
            #expect(attempt.problem?.contains("is not public") == true)
        }
        #expect(try one.countConnections() == 0)
        #expect(try two.countConnections() == 0)
    }

    @Test func `an address that drops packets leaves time for the next`() async throws {
        let (unresponsive, other) = try Self.pair { try FullBacklogListener("127.0.0.1") }
        let url = "http://receiver.test:\(unresponsive.port)/x"
        let lookup = StubAddressLookup(["127.0.0.1", "127.0.0.2"])
        let attempt = try await Self.attempts(1, at: url, allowing: "127.0.0.0/8", timeout: .seconds(8), lookup)[0]
        #expect(attempt.status == 200 && attempt.responseBody == Array("127.0.0.2".utf8), "\(attempt)")
        #expect(attempt.duration >= 2000 && other.connections == 1)
    }

    @Test func `a reset after the request does not lead to an attempt at another address`() async throws {
        let (resetting, other) = try Self.pair { try LoopbackListener("127.0.0.1", resetsConnection: true) }
        let url = "http://receiver.test:\(resetting.port)/x"
        let lookup = StubAddressLookup(["127.0.0.1", "127.0.0.2"])
        let attempt = try await Self.attempts(1, at: url, allowing: "127.0.0.0/8", lookup)[0]
        #expect(attempt.status == nil, "\(attempt)")
        #expect(try other.countConnections() == 0)
        #expect(attempt.problem?.contains("before it responded") == true, "\(attempt)")
    }

    @Test func `an address that refuses the connection is skipped`() async throws {
        let one = try LoopbackListener("127.0.0.2")
        let lookup = StubAddressLookup(["127.0.0.1", "127.0.0.2"])
        let url = "http://receiver.test:\(one.port)/x"
        let attempt = try await Self.attempts(1, at: url, allowing: "127.0.0.0/8", lookup)[0]
        #expect(attempt.status == 200, "\(attempt)")
    }

    @Test func `a host without addresses is reported`() async throws {
        let attempt = try await Self.attempts(1, at: "http://receiver.test/x", allowing: "", StubAddressLookup([]))[0]
        #expect(attempt.status == nil)
        #expect(attempt.problem == "host not found: no address")
    }

    @Test func `the result of an attempt is returned, however late its caller resumes`() async throws {
        let caller = Caller()
        let lookup = StubAddressLookup(["10.0.0.1"], onLookup: { caller.stall(for: 9) })
        let attempt = try await Task(executorPreference: caller) {
            try await Self.attempts(1, at: "http://receiver.test/x", allowing: "", timeout: .seconds(8), lookup)[0]
        }.value
        #expect(lookup.hosts.count == 1)
        #expect(attempt.problem?.contains("is not public") == true, "\(attempt)")
        #expect(attempt.duration >= 8500, "the caller was not late: \(attempt.duration) ms")
    }

    @Test func `a response that arrived in time counts, even if the client's thread was blocked meanwhile`()
        async throws
    {
        let rules = try AddressRules(allowing: "127.0.0.1")
        let client = HTTPWebhookClient(rules: rules, timeout: .seconds(8), lookup: StubAddressLookup(["127.0.0.1"]))
        let isBlocked = Box(false)
        let listener = try LoopbackListener("127.0.0.1") {
            // From here on the client's thread is blocked; the response arrives meanwhile.
            Task(executorPreference: client.executor) {
                isBlocked.set(true)
                Self.stall(for: 9_000_000)
            }
            _ = Deadline.poll(for: 60) { isBlocked.value }
        }
        let webhook = try Webhook.sample("http://receiver.test:\(listener.port)/x")
        let send = try #require(WebhookSend.sample)
        let attempt = await client.attempt(webhook, send, as: DeliveryID(SequenceNumber(1)), at: .earliest)
        client.close()
        #expect(attempt?.status == 200 && attempt?.problem == nil, "\(String(describing: attempt))")
        #expect(attempt.map { $0.duration > 8200 } == true, "the thread was free: \(String(describing: attempt))")
        #expect(listener.connections == 1)
    }

    private static func stall(for microseconds: UInt32) { usleep(microseconds) }

    /// A caller whose thread can be blocked.
    private final class Caller: TaskExecutor {
        private let thread = DispatchQueue(label: "caller")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            thread.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }

        func stall(for seconds: Double) { thread.async { Thread.sleep(forTimeInterval: seconds) } }
    }

    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"),
            ("0x7f.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
            ("::1", "::1"),
        ]
    )
    func `the system lookup accepts any notation`(host: String, address: String) async throws {
        let addresses = try await SystemLookup().addresses(of: host, for: OrganisationID(1))
        #expect(addresses.map(\.description).contains(address), "\(addresses)")
    }
}
