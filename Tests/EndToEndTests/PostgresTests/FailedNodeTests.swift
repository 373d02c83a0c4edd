import Foundation
import PostgresHarness
import Synchronization
import TestSupport
import Testing

extension UnderLoad {
    /// A server on a cluster that loses a node, simulated on plain PostgreSQL; see `SimulatedCluster`.
    @Suite struct FailedNodeTests {
        /// The node that fails has the organisations with an even ID.
        private struct Setup {
            let cluster: SimulatedCluster
            let server: Server
            let healthy: [Tenant]
            let failing: [Tenant]
        }

        private func setUp() throws -> Setup {
            let postgres = try PostgresServer.shared()
            let name = try postgres.createDatabase()
            let first = ["organisation", "create", "First", "--database", postgres.url(name)]
            _ = try Command(TestPaths.binary, first).succeeded()
            let cluster = try SimulatedCluster(name, on: postgres)
            let server = try Server(database: cluster.url, arguments: ["--webhooks-allow", "127.0.0.1"])
            // IDs from 2 to 7.
            let tenants = try (0..<6).map { _ in
                try server.tenant(permissions: "sendLog", "campaign", "webhook")
            }
            return Setup(
                cluster: cluster,
                server: server,
                healthy: [tenants[1], tenants[3], tenants[5]],
                failing: [tenants[0], tenants[2], tenants[4]]
            )
        }

        @Test(.timeLimit(.minutes(10)), arguments: [SimulatedCluster.NodeState.down, .frozen])
        func `other organisations are served as before, those of the node get 503 within a second and recover`(
            state: SimulatedCluster.NodeState
        ) throws {
            let setup = try setUp()
            let path = Hooks.path("ok")
            _ = try Hook(setup.healthy[0], Hooks.receiver.url(path))
            let load = NodeLoad(healthy: setup.healthy, failing: setup.failing)
            let clients = load.start()
            defer { load.stop() }
            #expect(Deadline.poll(for: 60) { load.counts.served > 100 && load.counts.failingServed > 50 })

            // The machine may be busy with something else in one of the periods.
            var ratios: [Double] = []
            repeat {
                let before = load.rate()
                try setup.cluster.set(2, state)
                // Until the failure is found out.
                #expect(Deadline.poll(for: 20) { load.counts.refused > 50 })
                let during = load.rate()
                ratios.append(during / before)
                if ratios.count == 1 {
                    try setup.healthy[0].record(SampleLog(id: "during-the-failure"))
                    let delivered = try Deadline.poll(for: 60) {
                        try Hooks.receiver.requests(path).ids().contains("during-the-failure")
                    }
                    #expect(delivered, "a webhook of an organisation of another node was not delivered")
                    _ = try ConsoleClient(setup.healthy[1])
                }
                load.expectRecovery()
                try setup.cluster.set(2, .available)
                let recovery = try #require(load.recovery(), "the organisations of the node did not recover")
                #expect(recovery < 3, "the organisations of the node recovered after \(recovery) s")
            } while ratios.max() ?? 0 < 0.8 && ratios.count < 3
            #expect(ratios.max() ?? 0 >= 0.8, "ratios of the rates: \(ratios)")

            load.stop()
            for client in clients { try client.value() }
            #expect(load.unexpected == [])
            // Of requests that met the failure itself: later ones are refused at once.
            #expect(load.longestRefusal < 3, "a request got 503 after \(load.longestRefusal) s")
            #expect(try setup.server.stop() == .code(0))
            let log = setup.server.log
            #expect(log.contains("node-2:5432"), "\(log.suffix(500))")
            #expect(log.contains("a database node is available again"), "\(log.suffix(500))")
        }
    }
}

/// Clients that keep requesting organisations of two nodes, one of which may fail.
final class NodeLoad: Sendable {
    struct Counts {
        /// Requests for organisations of the healthy node that were served.
        var served = 0
        /// Requests for organisations of the failing node that were served, or got 503.
        var failingServed = 0
        var refused = 0
        var longestRefusal = 0.0
        var firstServed: ContinuousClock.Instant?
        var unexpected: [String] = []
    }

    private let state = Mutex(Counts())
    private let isOver = Flag()
    private let recoveryStart = Mutex<ContinuousClock.Instant?>(nil)
    private let (healthy, failing): ([Tenant], [Tenant])

    init(healthy: [Tenant], failing: [Tenant]) {
        (self.healthy, self.failing) = (healthy, failing)
    }

    var counts: Counts { state.withLock { $0 } }
    var unexpected: [String] { counts.unexpected }
    var longestRefusal: Double { counts.longestRefusal }

    /// Starts four clients of the healthy node and eight of the failing one.
    func start() -> [Background<Void>] {
        (0..<4).map { client in Background { try self.run(self.healthy, "healthy-\(client)", isHealthy: true) } }
            + (0..<8).map { client in Background { try self.run(self.failing, "failing-\(client)", isHealthy: false) } }
    }

    func stop() { isOver.raise() }

    /// Measures for three seconds how many requests for organisations of the healthy node are served in a second.
    func rate() -> Double {
        let (begin, before) = (ContinuousClock.now, counts.served)
        Thread.sleep(forTimeInterval: 3)
        return Double(counts.served - before) / ((ContinuousClock.now - begin) / .seconds(1))
    }

    /// Begins to measure the time to the recovery of the failing node.
    func expectRecovery() {
        state.withLock { $0.firstServed = nil }
        recoveryStart.withLock { $0 = .now }
    }

    /// Waits until a request for the failing node was served.
    ///
    /// - Returns: the time since `expectRecovery()` in seconds; `nil` if none was served in 60 seconds.
    func recovery() -> Double? {
        guard let begin = recoveryStart.withLock({ $0 }), Deadline.poll(for: 60, until: { counts.firstServed != nil })
        else { return nil }
        return counts.firstServed.map { ($0 - begin) / .seconds(1) }
    }

    private func run(_ tenants: [Tenant], _ name: String, isHealthy: Bool) throws {
        for number in 0... {
            if isOver.isRaised { return }
            let tenant = tenants[number % tenants.count]
            let begin = ContinuousClock.now
            let response =
                number % 2 == 0
                ? try tenant.post("/send-logs", SampleLog(id: "\(name)-\(number)").json)
                : try tenant.post("/send-logs/search", #"{"options":{"limit":5}}"#)
            let duration = (ContinuousClock.now - begin) / .seconds(1)
            state.withLock { counts in
                switch (response.status, isHealthy) {
                case (200...201, true): counts.served += 1
                case (200...201, false):
                    counts.failingServed += 1
                    counts.firstServed = counts.firstServed ?? .now
                case (503, false):
                    counts.refused += 1
                    counts.longestRefusal = max(counts.longestRefusal, duration)
                default: counts.unexpected.append("\(name): \(response.status) \(response.text.prefix(200))")
                }
            }
            // Clients wait for longer after a 503, as Retry-After says.
            if response.status == 503 { usleep(50_000) }
        }
    }
}
