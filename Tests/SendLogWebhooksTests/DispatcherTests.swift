import Foundation
import Logging
import SendLogCore
import SendLogSQLite
import StoreChecks
import TestSupport
import Testing

@testable import SendLogWebhooks

/// The dispatcher on a real database file.
struct DispatcherTests {
    /// A pause that no test waits for.
    private static let never = Duration.seconds(3600) ... .seconds(3600)

    /// A database with a webhook, and the dispatcher of a server.
    private final class Running: Sendable {
        let store: any Store
        let agenda: WebhookAgenda
        let journal = AttemptJournal()
        let organisation: OrganisationID
        let hook: WebhookID
        private let folder: TemporaryFolder
        private let task: Task<Void, any Error>

        init(
            pollPauses: ClosedRange<Duration>,
            workers: Int = 4,
            retryWindow: Int = 86_400,
            _ script: @escaping ScriptedClient.Script = { _, _ in .status(200) }
        ) async throws {
            folder = try TemporaryFolder()
            store = try SQLiteStore(path: folder.file())
            agenda = WebhookAgenda(isUsed: workers > 0)
            organisation = try await store.organisation()
            hook = try #require(WebhookID("hook"))
            _ = try await store.createWebhook(
                hook,
                Webhook.sample("http://receiver.test/", more: "").definition,
                secret: WebhookSecret(text: "whsec_\(String(repeating: "a", count: 32))", created: .earliest),
                in: organisation,
                at: .earliest
            )
            // The first poll finds this one.
            _ = try await store.record(Sample.logs(1, "first"), in: organisation)
            let dispatcher = WebhookDispatcher(
                store: store,
                client: ScriptedClient(journal, taking: 1, script),
                schedule: RetrySchedule(window: retryWindow),
                agenda: agenda,
                pollPauses: pollPauses,
                limits: .init(workers: workers, leaseSeconds: 20, timeoutSeconds: 10, keepDays: 30),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) ?? .earliest }
            )
            task = Task { try await dispatcher.run() }
        }

        /// Records a send log, and notifies the dispatcher unless `isSilent`.
        func record(_ name: String, isSilent: Bool = false) async throws {
            _ = try await store.record(Sample.logs(1, name), in: organisation)
            if !isSilent { agenda.recorded(in: organisation) }
        }

        func awaitDelivery(of name: String) async throws {
            let isDelivered = try await Deadline.wait(for: 60) { journal.delivered.contains("hook/\(name)-0") }
            try #require(isDelivered, "\(name) was not delivered")
        }

        func stop() async {
            task.cancel()
            _ = try? await task.value
            store.close()
        }
    }

    @Test func `a send that was recorded here is delivered without a poll`() async throws {
        let server = try await Running(pollPauses: Self.never)
        try await server.awaitDelivery(of: "first")
        for name in ["a", "b"] {
            try await server.record(name)
            try await server.awaitDelivery(of: name)
        }
        // The worker ends after a second without work. Then another one delivers.
        try await Task.sleep(for: .seconds(2))
        try await server.record("c")
        try await server.awaitDelivery(of: "c")
        await server.stop()
        #expect(server.journal.started == ["first", "a", "b", "c"].map { "hook/\($0)-0" })
    }

    @Test func `a retry is made when it is due, without a poll`() async throws {
        // The first delay is about 2.5 seconds: the worker has ended before that.
        let server = try await Running(pollPauses: Self.never, retryWindow: 43_200) { _, start in
            .status(start == 1 ? 500 : 200)
        }
        try await server.awaitDelivery(of: "first")
        await server.stop()
        #expect(server.journal.started == ["hook/first-0", "hook/first-0"])
    }

    @Test func `what the dispatcher is not notified of is found by a poll`() async throws {
        let server = try await Running(pollPauses: .milliseconds(20) ... .milliseconds(100))
        try await server.awaitDelivery(of: "first")
        try await Task.sleep(for: .seconds(2))
        try await server.record("silent", isSilent: true)
        try await server.awaitDelivery(of: "silent")
        await server.stop()
    }

    @Test func `a webhook that is created or resumed here is known at once`() async throws {
        let server = try await Running(pollPauses: Self.never)
        try await server.awaitDelivery(of: "first")
        try await Task.sleep(for: .seconds(2))
        _ = try await server.store.changeWebhook(server.hook, in: server.organisation, at: .earliest) {
            $0.definition = $0.definition
        }
        try await server.record("notified", isSilent: true)
        server.agenda.changed(in: server.organisation)
        try await server.awaitDelivery(of: "notified")
        await server.stop()
    }

    @Test func `a server without workers delivers nothing, and asks nothing`() async throws {
        let server = try await Running(pollPauses: .milliseconds(10) ... .milliseconds(10), workers: 0)
        try await server.record("a")
        try await Task.sleep(for: .milliseconds(300))
        await server.stop()
        #expect(server.journal.started == [])
    }
}
