import Logging
import SendLogCore
import SendLogRecipients
import SendLogScheduling
import ServiceLifecycle
import Synchronization

/// Keeps the recipient indexes up to date, those of two organisations at a time.
struct RecipientIndexing: Service {
    private let store: any RecipientIndexStore
    private let logger: Logger
    /// The threads of the indexers, with a lower priority than those of requests.
    ///
    /// Sorting the pairs of a segment takes some hundred milliseconds at a stretch. Requests would wait for it if it ran
    /// in their thread pool, and webhooks if it ran on their event loop.
    private let threads = FairThreadPool(count: Self.maxConcurrent, name: "indexing", reserve: .nothing, niceness: 10)
    /// This server's identifier among the servers that share the database.
    private let server = String(UInt64.random(in: .min ... .max), radix: 36)
    private let state = State()

    private static let maxConcurrent = 2
    private static let interval = Duration.seconds(1)
    /// The duration of a lease in milliseconds, for which a killed server delays an index.
    private static let leaseDuration: Int64 = 20_000
    /// The longest pause after the database was unavailable, in seconds.
    private static let maxPause = 30

    /// What the indexers share.
    private final class State: Sendable {
        let pauses = Mutex(IndexingPauses())
        let leases = Atomic(0)
    }

    init(store: any RecipientIndexStore, logger: Logger) {
        (self.store, self.logger) = (store, logger)
    }

    /// Runs until graceful shutdown, which cancels the indexers; what they completed remains.
    func run() async throws {
        await withTaskExecutorPreference(threads.executor(for: .server)) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.maxConcurrent { group.addTask { await cancelWhenGracefulShutdown { await index() } } }
            }
        }
    }

    /// Indexes organisation by organisation, and then looks for new send logs at intervals.
    private func index() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                while try await indexNext(), !Task.isCancelled {}
                failures = 0
                try? await Task.sleep(for: Self.interval)
            } catch {
                if Task.isCancelled { break }
                let pause = min(Self.maxPause, 1 << min(failures, 10))
                failures += 1
                // The log has the first, second, fourth and eighth failure, and so on.
                if failures.nonzeroBitCount == 1 { log(error, "cannot find recipient indexes to extend", pause: pause) }
                try? await Task.sleep(for: .seconds(pause))
            }
        }
    }

    /// Extends the index of the next organisation.
    ///
    /// - Returns: false if there is nothing to do.
    private func indexNext() async throws(StoreError) -> Bool {
        let now = ServiceClock.now()
        // Each lease has its own owner: an indexer whose lease has expired cannot act under a later one.
        let number = state.leases.wrappingAdd(1, ordering: .relaxed).newValue
        let lease = RecipientIndexLease(
            owner: "\(server)-\(number)",
            start: now,
            end: now.advanced(by: Self.leaseDuration)
        )
        let excluded = state.pauses.withLock { $0.paused(at: .now) }
        guard let leased = try await store.leaseRecipientIndex(lease, excluding: excluded) else { return false }
        let organisation = leased.organisation
        let timing = RecipientIndexer.Timing(leaseDuration: Self.leaseDuration, now: ServiceClock.now)
        var indexer = RecipientIndexer(store, leased, lease, timing)
        do {
            try await indexer.run()
            state.pauses.withLock { $0.succeeded(organisation, at: .now) }
        } catch {
            // Otherwise the next start of the server would wait for the end of the lease.
            let ended = RecipientIndexLease(owner: lease.owner, start: now, end: now)
            _ = try? await store.renewRecipientIndexLease(ended, in: organisation)
            if Task.isCancelled { return false }
            let pause = state.pauses.withLock { $0.failed(organisation, at: .now) }
            log(error, "cannot extend a recipient index", of: organisation, pause: pause)
        }
        return true
    }

    private func log(_ error: any Error, _ what: Logger.Message, of organisation: OrganisationID? = nil, pause: Int) {
        var metadata: Logger.Metadata = ["cause": "\(error)", "retry_seconds": .stringConvertible(pause)]
        if let organisation { metadata["organisation"] = .stringConvertible(organisation.number) }
        logger.warning(what, metadata: metadata)
    }
}
