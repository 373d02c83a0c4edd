public import Logging
public import SendLogCore
public import ServiceLifecycle
import Synchronization

/// Finds webhooks with pending deliveries, and runs one worker for each: a slow or unreachable receiver does not delay
/// others.
public struct WebhookDispatcher: Service {
    private let context: WebhookWorker.Context
    private let recordingTimes: any RecordingTimeStore
    /// This server's identifier among the servers that share the database.
    private let server: String
    private let limits: Limits
    /// The executor of all workers; `nil` for the default executor.
    private let executor: (any TaskExecutor)?

    /// The limits of webhook delivery on one server.
    public struct Limits: Sendable {
        /// The maximum number of webhooks that are delivered concurrently; 0 for no deliveries.
        public let workers: Int
        /// The lease duration unless the lease is renewed, in seconds.
        public let leaseSeconds: Int
        /// The timeout of an attempt, in seconds.
        public let timeoutSeconds: Int
        /// The retention time of deliveries, in days.
        public let keepDays: Int

        /// Creates limits.
        public init(workers: Int, leaseSeconds: Int, timeoutSeconds: Int, keepDays: Int) {
            self.workers = workers
            self.leaseSeconds = leaseSeconds
            self.timeoutSeconds = timeoutSeconds
            self.keepDays = keepDays
        }

        /// The minimum difference between the lease duration and the timeout of an attempt, in seconds.
        public static let leaseMargin = 2
    }

    /// Creates a dispatcher whose workers run on an executor; `nil` for the default executor.
    public init(
        store: any LogReader & CampaignStore & WebhookStore & WebhookLeaseStore & RecordingTimeStore,
        client: any WebhookClient,
        schedule: RetrySchedule,
        executor: (any TaskExecutor)? = nil,
        limits: Limits,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        context = WebhookWorker.Context(
            store: store,
            client: client,
            schedule: schedule,
            pool: WorkerPool(capacity: limits.workers),
            leaseDuration: Int64(limits.leaseSeconds) * 1000,
            leaseRenewalMargin: Int64(limits.timeoutSeconds + Limits.leaseMargin) * 1000,
            logger: logger,
            now: now
        )
        recordingTimes = store
        self.executor = executor
        self.limits = limits
        server = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Runs until graceful shutdown.
    ///
    /// Then it cancels attempts in progress, which are made again later.
    public func run() async throws {
        await withTaskExecutorPreference(executor) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await cancelWhenGracefulShutdown { await deleteOld() } }
                group.addTask { await cancelWhenGracefulShutdown { await sampleRecordingTimes() } }
                group.addTask { await cancelWhenGracefulShutdown { await dispatch() } }
            }
        }
    }

    private func dispatch() async {
        await withDiscardingTaskGroup { workers in
            var leaseNumber = 0
            while !Task.isCancelled {
                let begin = context.now()
                // Each lease has its own owner: a worker whose lease has expired cannot act under a later one.
                leaseNumber += 1
                let lease = WebhookLease(
                    owner: "\(server)-\(leaseNumber)",
                    start: begin,
                    end: begin.advanced(by: context.leaseDuration)
                )
                do {
                    for leased in try await self.lease(lease) {
                        workers.addTask {
                            var worker = WebhookWorker(leased, lease, with: context)
                            await worker.run()
                            context.pool.slots.withLock { $0.release(worker.key) }
                        }
                    }
                } catch {
                    if Task.isCancelled { break }
                    context.logger.warning("cannot lease webhooks; retrying", metadata: ["cause": "\(error)"])
                    try? await Task.sleep(for: .seconds(2))
                }
                try? await Task.sleep(for: WebhookWorker.interval)
            }
        }
    }

    /// Leases pending webhooks for the free slots.
    private func lease(_ lease: WebhookLease) async throws -> [LeasedWebhook] {
        let pool = context.pool
        if pool.slots.withLock(\.isFull) { return [] }
        // Reads more webhooks than there are slots: the first ones may belong to organisations that have used their
        // share.
        let pending = try await context.store.pendingWebhooks(for: lease, limit: max(1024, 4 * limits.workers))
        let chosen = pool.slots.withLock { $0.choose(from: pending) }
        var leased: [LeasedWebhook] = []
        defer {
            let keys = Set(leased.map(\.webhook.key))
            pool.slots.withLock { slots in
                for webhook in chosen where !keys.contains(webhook.key) { slots.release(webhook.key) }
            }
        }
        leased = try await context.store.leaseWebhooks(chosen, for: lease)
        return leased
    }

    /// The time before which deliveries are deleted.
    private var oldest: Timestamp { context.now().advanced(by: -Int64(limits.keepDays) * Day.milliseconds) }

    private func deleteOld() async {
        await repeating(every: .seconds(600), "cannot delete old deliveries; retrying") {
            let oldest = oldest
            while try await context.store.deleteDeliveries(before: oldest) > 0, !Task.isCancelled {}
        }
    }

    private func sampleRecordingTimes() async {
        await repeating(every: .seconds(60), "cannot sample the times of recording; retrying") {
            let (oldest, now) = (oldest, context.now)
            while try await recordingTimes.sampleRecordingTimes(keepingFrom: oldest, now: now) > 0, !Task.isCancelled {}
        }
    }

    /// Does some work at once and then at intervals; a failure is logged with a message.
    private func repeating(every interval: Duration, _ failure: Logger.Message, _ work: () async throws -> Void) async {
        while !Task.isCancelled {
            do { try await work() } catch {
                if Task.isCancelled { break }
                context.logger.warning(failure, metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: interval)
        }
    }
}
