import Foundation
import Logging
import SendLogCore
import SendLogSQLite
import StoreChecks
import Synchronization
import TestSupport
import Testing

@testable import SendLogWebhooks

/// Servers that work for webhooks on a database of their own, one after the other, and die when a test says so.
final class ServersUnderTest: Sendable {
    /// How long a lease lasts, in milliseconds of ``now``.
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

    /// The time, which stands still until ``advance(by:)``.
    var now: Timestamp { clock.withLock { $0 } }

    /// Lets milliseconds pass.
    func advance(by milliseconds: Int64) { clock.withLock { $0 = $0.advanced(by: milliseconds) } }

    /// Waits until an attempt such as `hook/log-1` was started so many times.
    func awaitStart(_ start: Int, of name: String) async throws {
        let hasCome = try await Deadline.wait(for: 60) { journal.starts(of: name) == start }
        try #require(hasCome, "start \(start) of \(name) did not come")
    }

    /// Makes a webhook, with more fields as JSON, each with a comma before it.
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

    /// Starts a server that leases all that is pending, and works until there is nothing more to do.
    func serve(taking duration: Int = 1, _ script: @escaping ScriptedClient.Script) async throws -> RunningServer {
        let client = ScriptedClient(journal, taking: duration, script)
        let start = now
        let context = WebhookWorker.Context(
            store: store,
            client: client,
            schedule: RetrySchedule(),
            pool: WorkerPool(capacity: 16),
            leaseDuration: Self.leaseDuration,
            leaseRenewalMargin: 14_000,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            // For a dead server no time passes, and it renews no lease.
            now: { [self] in client.isDead ? start : now }
        )
        let number = count.withLock { count in
            count += 1
            return count
        }
        let lease = WebhookLease(owner: "server-\(number)", begin: now, end: now.advanced(by: Self.leaseDuration))
        let leased = try await store.leaseWebhooks(store.pendingWebhooks(for: lease, limit: 100), for: lease)
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

        /// Waits until all of its work is done.
        func finish() async { for task in tasks { await task.value } }

        /// Stops it in order.
        func stop() async {
            for task in tasks { task.cancel() }
            await finish()
        }
    }

    /// Serves again and again, the next server when the leases of one that died are over, until one is done with its work.
    ///
    /// - Returns: how many died.
    func serveUntilDone(taking duration: Int = 1, _ script: @escaping ScriptedClient.Script) async throws -> Int {
        var dead: [RunningServer] = []
        while dead.count < 20 {
            let server = try await serve(taking: duration, script)
            let isOver = try await Deadline.wait(for: 60) {
                server.client.isDead || server.client.finishedWorkers == server.tasks.count
            }
            try #require(isOver, "the server neither died nor came to the end of its work")
            advance(by: Self.leaseDuration + 1)
            guard server.client.isDead else { break }
            dead.append(server)
        }
        // They have lost their leases, and nothing that they report counts.
        for server in dead { await server.stop() }
        return dead.count
    }
}
