import Logging
import SendLogCore
import SendLogRecipients
import SendLogScheduling
import ServiceLifecycle
import Synchronization

/// Keeps the recipient indexes up to date.
///
/// One indexer adds new send logs, in turns of the organisations, and one merges segments. So no organisation waits for the
/// long merges of another. Each is notified of the organisations that have work, and seldom polls for others, whose work
/// other servers left.
struct RecipientIndexing: Service {
    private let store: any RecipientIndexStore
    private let logger: Logger
    /// The organisations for which this server has recorded.
    private let recorded: OrganisationSignals
    /// The organisations to whose index this server has added a segment.
    private let extended = OrganisationSignals()
    private let pollPauses: ClosedRange<Duration>
    /// The threads of the indexers, with a lower priority than those of requests.
    ///
    /// Sorting the pairs of a segment takes some hundred milliseconds at a stretch. Requests would wait for it if it ran
    /// in their thread pool, and webhooks if it ran on their event loop.
    private let threads = FairThreadPool(count: 2, name: "indexing", reserve: .nothing, niceness: 10)
    /// This server's identifier among the servers that share the database.
    private let server = String(UInt64.random(in: .min ... .max), radix: 36)
    private let state = State()

    /// The pause after a pass over all organisations, shorter after one that added as many pairs as ``busyPairs``: what the
    /// index lacks makes searches slow.
    private static let pause = (idle: Duration.seconds(1), busy: Duration.milliseconds(250))
    private static let busyPairs = 2000
    /// The duration of a lease in milliseconds, for which a killed server delays an index.
    private static let leaseDuration: Int64 = 20_000
    /// The longest pause after the database was unavailable, in seconds.
    private static let maxPause = 30

    /// What the indexers share.
    private final class State: Sendable {
        let pauses = Mutex(IndexingPauses())
        let leases = Atomic(0)
    }

    /// Creates the service.
    ///
    /// - Parameters:
    ///   - store: the store of the indexes
    ///   - recorded: the organisations for which this server records
    ///   - pollPauses: the shortest and the longest pause between polls for other organisations with work
    ///   - logger: the log
    init(
        store: any RecipientIndexStore,
        recorded: OrganisationSignals,
        pollPauses: ClosedRange<Duration>,
        logger: Logger
    ) {
        (self.store, self.recorded, self.pollPauses, self.logger) = (store, recorded, pollPauses, logger)
    }

    /// Runs until graceful shutdown, which cancels the indexers; what they completed remains.
    func run() async throws {
        await withTaskExecutorPreference(threads.executor(for: .server)) {
            await withTaskGroup(of: Void.self) { group in
                for work in [RecipientIndexWork.additions, .merges] {
                    group.addTask { await cancelWhenGracefulShutdown { await index(work) } }
                }
            }
        }
    }

    /// Works for each organisation once, pass by pass.
    ///
    /// A pass works for the organisations that the indexer was notified of; sometimes it polls for others as well.
    private func index(_ work: RecipientIndexWork) async {
        let signals = work == .additions ? recorded : extended
        var (failures, backoff, nextPoll) = (0, PollBackoff(pollPauses), ContinuousClock.now)
        while !Task.isCancelled {
            do {
                var pairs = 0
                for organisation in signals.take() where !Task.isCancelled {
                    pairs += await index(organisation, for: work) ?? 0
                }
                if nextPoll <= .now {
                    let (pass, before) = (ServiceClock.now(), pairs)
                    var foundWork = false
                    while let added = try await indexNext(work, in: pass), !Task.isCancelled {
                        (pairs, foundWork) = (pairs + added, true)
                    }
                    nextPoll = .now + backoff.pause(afterWork: foundWork)
                    if pairs - before >= Self.busyPairs { nextPoll = .now }
                }
                failures = 0
                try? await Task.sleep(for: pairs < Self.busyPairs ? Self.pause.idle : Self.pause.busy)
                await signals.wait(until: nextPoll)
            } catch {
                if Task.isCancelled { break }
                // The next passes leave a damaged index out, because its lease is not over.
                var isDamaged = false
                if case StoreError.corrupted = error { isDamaged = true }
                let pause = isDamaged ? 1 : min(Self.maxPause, 1 << min(failures, 10))
                failures += 1
                // The log has the first, second, fourth and eighth failure, and so on.
                if failures.nonzeroBitCount == 1 { log(error, "cannot find recipient indexes to extend", pause: pause) }
                // The organisations that the indexer was notified of need no poll.
                nextPoll = .now + .seconds(pause)
                await signals.wait(until: nextPoll)
            }
        }
    }

    /// Returns a lease that begins now.
    ///
    /// Each lease has its own owner: an indexer whose lease has expired cannot act under a later one.
    private func lease() -> RecipientIndexLease {
        let (now, number) = (ServiceClock.now(), state.leases.wrappingAdd(1, ordering: .relaxed).newValue)
        return RecipientIndexLease(
            owner: "\(server)-\(number)",
            start: now,
            end: now.advanced(by: Self.leaseDuration)
        )
    }

    /// Works for the next organisation that a poll finds.
    ///
    /// - Returns: the number of pairs that were added; `nil` if there is nothing left to do in this pass.
    private func indexNext(_ work: RecipientIndexWork, in pass: Timestamp) async throws(StoreError) -> Int? {
        let lease = lease()
        let excluded = state.pauses.withLock { $0.paused(at: .now) }
        let leased = try await store.leaseRecipientIndex(for: work, lease, in: pass, excluding: excluded)
        guard let leased else { return nil }
        return await index(leased, lease, work)
    }

    /// Works for an organisation.
    ///
    /// - Returns: the number of pairs that were added; `nil` if there is nothing to do, or if its index is unavailable.
    private func index(_ organisation: OrganisationID, for work: RecipientIndexWork) async -> Int? {
        if state.pauses.withLock({ $0.paused(at: .now).contains(organisation) }) { return nil }
        let lease = lease()
        do throws(StoreError) {
            let index = try await store.leaseRecipientIndex(of: organisation, for: work, lease)
            guard let index else { return nil }
            return await self.index((organisation, index), lease, work)
        } catch {
            // If its node is down, a poll finds the organisation later.
            if case .unavailable = error { return nil }
            let pause = state.pauses.withLock { $0.failed(organisation, at: .now) }
            log(error, "cannot extend a recipient index", of: organisation, pause: pause)
            return nil
        }
    }

    /// Works for an organisation whose index is leased.
    ///
    /// - Returns: the number of pairs that were added.
    private func index(
        _ leased: (organisation: OrganisationID, index: RecipientIndex),
        _ lease: RecipientIndexLease,
        _ work: RecipientIndexWork
    ) async -> Int? {
        let organisation = leased.organisation
        let timing = RecipientIndexer.Timing(leaseDuration: Self.leaseDuration, now: ServiceClock.now)
        var indexer = RecipientIndexer(store, leased, lease, timing)
        do {
            try await indexer.run(work)
            state.pauses.withLock { $0.succeeded(organisation) }
            // Its turn may have ended before all was done.
            (work == .additions ? recorded : extended).notify(organisation)
            if work == .additions { extended.notify(organisation) }
        } catch {
            // Otherwise the next start of the server would wait for the end of the lease.
            let ended = RecipientIndexLease(owner: lease.owner, start: lease.start, end: lease.start)
            _ = try? await store.renewRecipientIndexLease(ended, in: organisation)
            if Task.isCancelled { return nil }
            let pause = state.pauses.withLock { $0.failed(organisation, at: .now) }
            log(error, "cannot extend a recipient index", of: organisation, pause: pause)
        }
        return indexer.addedPairs
    }

    private func log(_ error: any Error, _ what: Logger.Message, of organisation: OrganisationID? = nil, pause: Int) {
        var metadata: Logger.Metadata = ["cause": "\(error)", "retry_seconds": .stringConvertible(pause)]
        if let organisation { metadata["organisation"] = .stringConvertible(organisation.number) }
        logger.warning(what, metadata: metadata)
    }
}
