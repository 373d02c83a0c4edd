import Foundation
import PostgresHarness
import TestSupport
import Testing

/// Several servers on one PostgreSQL database: one of them at a time delivers for a webhook.
@Suite(.blocking) struct WebhookServersTests {
    @Test func `without faults each send is delivered once, in order, from any server`() throws {
        let postgres = try PostgresServer.shared()
        let database = try postgres.url(postgres.createDatabase())
        let servers = try (0..<2).map { _ in
            try Server(database: database, arguments: ["--webhooks-allow", "127.0.0.1"])
        }
        let owner = try Hooks.tenant(on: servers[0])
        let tenants = servers.map { owner.on($0) }
        let paths = (0..<4).map { _ in Hooks.path("ok") }
        for path in paths { _ = try Hook(owner, Hooks.receiver.url(path)) }
        _ = try inParallel(4) { client in
            for number in 0..<25 { try tenants[client % 2].record(SampleLog(id: "\(client)-\(number)")) }
        }
        // Any duplicate arrives before these sentinels, as both servers deliver in the order of recording.
        for (index, tenant) in tenants.enumerated() { try tenant.record(SampleLog(id: "sentinel-\(index)")) }
        for path in paths { _ = try Hooks.receiver.waitForRequests(path, 102) }
        let delivered = try paths.map { try Hooks.receiver.requests($0).ids() }
        for ids in delivered { #expect(ids.count == 102 && ids == delivered[0]) }
        #expect(delivered[0].suffix(2) == ["sentinel-0", "sentinel-1"])
        for client in 0..<4 {
            #expect(delivered[0].filter { $0.hasPrefix("\(client)-") } == (0..<25).map { "\(client)-\($0)" })
        }
        // One server stops in order; the other delivers what is recorded from then on.
        #expect(try servers[0].stop() == .code(0))
        try tenants[1].record(SampleLog(id: "last"))
        for path in paths { #expect(try Hooks.receiver.waitForRequests(path, 103).ids().last == "last") }
    }

    @Test(.timeLimit(.minutes(10)))
    func `the other server takes over the deliveries of a killed server`() throws {
        let postgres = try PostgresServer.shared()
        let database = try postgres.url(postgres.createDatabase())
        let arguments = [
            "--webhooks-allow", "127.0.0.1", "--webhooks-timeout", "3", "--webhooks-lease-seconds", "6",
        ]
        let first = try Server(database: database, arguments: arguments)
        let owner = try Hooks.tenant(on: first)
        let path = Hooks.path("slow/50")
        _ = try Hook(owner, Hooks.receiver.url(path))
        for number in 0..<40 { try owner.record(SampleLog(id: "send-\(number)")) }
        _ = try Hooks.receiver.waitForRequests(path, 3)
        let second = try Server(database: database, arguments: arguments)
        try first.crash()
        let tenant = owner.on(second)
        try tenant.record(SampleLog(id: "send-40"))
        let isDelivered = try Deadline.poll(for: 180) {
            usleep(100_000)
            return try Set(Hooks.receiver.requests(path).ids()).count == 41
        }
        #expect(isDelivered)
        let ids = try Hooks.receiver.requests(path).ids()
        #expect(Set(ids) == Set((0...40).map { "send-\($0)" }))
        #expect(ids.last == "send-40")
    }
}
