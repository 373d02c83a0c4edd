import SendLogCore
import StoreChecks
import Testing

@testable import SendLogWebhooks

/// Webhooks whose send logs are deleted before they are delivered.
struct DeletedLogsTests {
    private static let reason = "not attempted again: the send log was deleted"

    @Test func `deleted send logs are not delivered, and a webhook with no others has nothing pending`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        _ = try await servers.store.record(Sample.logs(6, "log"), in: organisation)
        try await servers.delete([1, 2, 4], in: organisation)
        await (try servers.serve { _, _ in .status(200) }).finish()
        #expect(servers.journal.delivered == ["hook/log-2", "hook/log-4", "hook/log-5"])
        // All logs after the cursor are deleted: the cursor reaches the head nevertheless.
        _ = try await servers.store.record(Sample.logs(2, "late"), in: organisation)
        try await servers.delete([7, 8], in: organisation)
        let server = try await servers.serve { _, _ in .status(200) }
        #expect(server.leased.count == 1)
        await server.finish()
        #expect(try await servers.store.webhook(hook, in: organisation).progress.cursor == SequenceNumber(8))
        #expect(try await servers.serve { _, _ in .status(200) }.leased.isEmpty)
        #expect(servers.journal.delivered.count == 3)
    }

    @Test func `a retry of a deleted send log fails, also if its id was recorded again`() async throws {
        let servers = try ServersUnderTest()
        let organisation = try await servers.store.organisation()
        let hook = try await servers.makeWebhook("hook", in: organisation)
        let logs = try Sample.logs(3, "log")
        _ = try await servers.store.record(logs, in: organisation)
        await (try servers.serve { name, _ in .status(name == "hook/log-2" ? 200 : 500) }).finish()
        try await servers.delete([1, 2], in: organisation)
        _ = try await servers.store.record([logs[1]], in: organisation)
        servers.advance(by: 3_600_000)
        await (try servers.serve { _, _ in .status(200) }).finish()
        for sequence in [1, 2] as [Int64] {
            let id = DeliveryID(SequenceNumber(sequence))
            let delivery = try await servers.store.delivery(id, of: hook, in: organisation)
            #expect(delivery.state == .failed && delivery.nextTry == nil)
            #expect(delivery.attempts.last?.problem == Self.reason)
        }
        // The new send log is another delivery.
        #expect(servers.journal.delivered == ["hook/log-2", "hook/log-1"])
        let again = try await servers.store.delivery(DeliveryID(SequenceNumber(4)), of: hook, in: organisation)
        #expect(again.state == .delivered)
    }
}
