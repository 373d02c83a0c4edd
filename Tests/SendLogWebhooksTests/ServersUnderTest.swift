import Foundation
import Logging
import SendLogCore
import SendLogSQLite
import StoreChecks
import Synchronization
import TestSupport
import Testing

@testable import SendLogWebhooks

/// Servers that deliver webhooks from one database, one after the other, and crash when a test says so.
final class ServersUnderTest: Sendable {
    /// The lease duration, in milliseconds of ``now``.
    static let leaseDuration: Int64 = 20_000
    let store: any Store
    let journal = AttemptJournal()
    private let folder: TemporaryFolder
    private let clock = Mutex(Sample.start ?? .earliest)
    private let count = Mutex(0)

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
    }

    deinit {
        store.close()
    }

    /// The time, which only ``advance(by:)`` changes.
    var now: Timestamp { clock.withLock { $0 } }

    /// Advances the time by milliseconds.
    func advance(by milliseconds: Int64) { clock.withLock { $0 = $0.advanced(by: milliseconds) } }

    /// Waits until an attempt such as `hook/log-1` was started `start` times.
    func awaitStart(_ start: Int, of name: String) async throws {
        let hasStarted = try await Deadline.wait(for: 60) { journal.starts(of: name) == start }
        try #require(hasStarted, "\(name) was not started \(start) times")
    }

    /// Deletes send logs.
    func delete(_ sequences: [Int64], in organisation: OrganisationID) async throws {
        let deleter = try #require(store as? any SendLogDeleter)
        let count = try await deleter.deleteSendLogs(sequences.map { SequenceNumber($0) }, in: organisation)
        try #require(count == sequences.count)
    }

    /// Creates a webhook, with further fields as JSON, each after a comma.
    @discardableResult func makeWebhook(
        _ id: String,
        in organisation: OrganisationID,
        more: String = ""
    ) async throws -> WebhookID {
        let id = try #require(WebhookID(id))
        _ = try await store.createWebhook(
            id,
            Webhook.sample("http://receiver.test/", more: more).definition,
            secret: WebhookSecret(text: "whsec_\(String(repeating: "a", count: 32))", created: now),
            in: organisation,
            at: now
        )
        return id
    }

    /// Starts a server that leases all pending webhooks, and works until there is nothing more to do.
    ///
    /// With `isFull`, all of its slots are taken.
    func serve(
        taking duration: Int = 1,
        isFull: Bool = false,
        _ script: @escaping ScriptedClient.Script
    ) async throws -> RunningServer {
        let client = ScriptedClient(journal, taking: duration, script)
        let start = now
        let context = WebhookWorker.Context(
            store: store,
            client: client,
            schedule: RetrySchedule(),
            pool: WorkerPool(capacity: isFull ? 1 : 16),
            leaseDuration: Self.leaseDuration,
            leaseRenewalMargin: 14_000,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            // The clock of a crashed server does not advance, and it renews no lease.
            now: { [self] in client.isCrashed ? start : now }
        )
        let number = count.withLock { count in
            count += 1
            return count
        }
        let lease = WebhookLease(owner: "server-\(number)", start: now, end: now.advanced(by: Self.leaseDuration))
        let pending = try await store.pendingWebhooks(for: lease, limit: 100)
        if isFull { context.pool.slots.withLock { _ = $0.choose(from: pending) } }
        let leased = try await store.leaseWebhooks(pending, for: lease)
        let tasks = leased.map { leased in
            Task {
                var worker = WebhookWorker(leased, lease, with: context)
                await worker.run()
                client.finishWorker()
            }
        }
        return RunningServer(client: client, leased: leased, tasks: tasks)
    }

    struct RunningServer {
        let client: ScriptedClient
        let leased: [LeasedWebhook]
        let tasks: [Task<Void, Never>]

        /// Waits until all work of the server is done.
        func finish() async { for task in tasks { await task.value } }

        /// Stops the server in order.
        func stop() async {
            for task in tasks { task.cancel() }
            await finish()
        }
    }

    /// Runs servers until one finishes its work; the next one starts when the leases of a crashed one have expired.
    ///
    /// - Returns: the number of crashed servers.
    func serveUntilDone(taking duration: Int = 1, _ script: @escaping ScriptedClient.Script) async throws -> Int {
        var crashed: [RunningServer] = []
        while crashed.count < 20 {
            let server = try await serve(taking: duration, script)
            let isOver = try await Deadline.wait(for: 60) {
                server.client.isCrashed || server.client.finishedWorkers == server.tasks.count
            }
            try #require(isOver, "the server neither crashed nor finished its work")
            advance(by: Self.leaseDuration + 1)
            guard server.client.isCrashed else { break }
            crashed.append(server)
        }
        // They have lost their leases, so their results do not count.
        for server in crashed { await server.stop() }
        return crashed.count
    }
}
