public import Logging
public import SendLogCore
public import ServiceLifecycle

/// Looks for webhooks that have something to deliver, and works for each of them by itself: a receiver that is slow or dead
/// does not delay others.
public struct WebhookDispatcher: Service {
    private let tools: WebhookWorker.Tools
    /// Who this server is to others with the same database.
    private let server: String
    private let limits: Limits
    /// Where all of this is done; `nil` for anywhere.
    private let executor: (any TaskExecutor)?

    /// How much a server does for webhooks.
    public struct Limits: Sendable {
        /// For how many webhooks it works at the same time; 0 for none.
        public let workers: Int
        /// For how many seconds a webhook is leased, unless the lease is renewed.
        public let leaseSeconds: Int
        /// How many seconds an attempt takes at most.
        public let timeoutSeconds: Int
        /// For how many days deliveries are kept.
        public let keepDays: Int

        /// Sets limits.
        public init(workers: Int, leaseSeconds: Int, timeoutSeconds: Int, keepDays: Int) {
            self.workers = workers
            self.leaseSeconds = leaseSeconds
            self.timeoutSeconds = timeoutSeconds
            self.keepDays = keepDays
        }

        /// By how many seconds a lease must be longer than an attempt.
        public static let leaseMargin = 2
    }

    /// Makes a dispatcher.
    ///
    /// - Parameters:
    ///   - store: the send logs, and how far each webhook has come
    ///   - client: sends the requests
    ///   - schedule: when to try again
    ///   - executor: where to work; `nil` for anywhere
    ///   - limits: how much to do
    ///   - logger: where failures are logged
    ///   - now: the time
    public init(
        store: any Store,
        client: any WebhookClient,
        schedule: RetrySchedule,
        executor: (any TaskExecutor)? = nil,
        limits: Limits,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        tools = WebhookWorker.Tools(
            store: store,
            client: client,
            schedule: schedule,
            pool: WorkerPool(capacity: limits.workers),
            leaseDuration: Int64(limits.leaseSeconds) * 1000,
            leaseReserve: Int64(limits.timeoutSeconds + Limits.leaseMargin) * 1000,
            logger: logger,
            now: now
        )
        self.executor = executor
        self.limits = limits
        server = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Works until the server stops; then attempts in progress are cancelled, and made again later.
    public func run() async throws {
        await withTaskExecutorPreference(executor) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await cancelWhenGracefulShutdown { await deleteOld() } }
                group.addTask { await cancelWhenGracefulShutdown { await dispatch() } }
            }
        }
    }

    private func dispatch() async {
        await withDiscardingTaskGroup { workers in
            var turn = 0
            while !Task.isCancelled {
                let begin = tools.now()
                // Another owner each time: a worker whose lease is over does not pass for the one that came after it.
                turn += 1
                let lease = WebhookLease(
                    owner: "\(server)-\(turn)",
                    begin: begin,
                    end: begin.later(by: tools.leaseDuration)
                )
                do {
                    for leased in try await self.lease(lease) {
                        workers.addTask {
                            var worker = WebhookWorker(leased, lease, with: tools)
                            await worker.run()
                            tools.pool.release(worker.key)
                        }
                    }
                } catch {
                    if Task.isCancelled { break }
                    tools.logger.warning("cannot lease webhooks; trying again", metadata: ["cause": "\(error)"])
                    try? await Task.sleep(for: .seconds(2))
                }
                try? await Task.sleep(for: WebhookWorker.interval)
            }
        }
    }

    /// Leases webhooks for the slots that are free.
    private func lease(_ lease: WebhookLease) async throws -> [LeasedWebhook] {
        let pool = tools.pool
        if pool.isFull { return [] }
        // Those of organisations that have their share already may come first.
        let pending = try await tools.store.pendingWebhooks(for: lease, limit: max(1024, 4 * limits.workers))
        let chosen = pool.choose(from: pending)
        var leased: [LeasedWebhook] = []
        defer {
            let keys = Set(leased.map { PendingWebhook.Key(organisation: $0.webhook.organisation, id: $0.webhook.id) })
            for webhook in chosen where !keys.contains(webhook.key) { pool.release(webhook.key) }
        }
        leased = try await tools.store.leaseWebhooks(chosen, for: lease)
        return leased
    }

    private func deleteOld() async {
        while !Task.isCancelled {
            let moment = tools.now().later(by: -Int64(limits.keepDays) * 86_400_000)
            do {
                while try await tools.store.forgetDeliveries(before: moment) > 0, !Task.isCancelled {}
            } catch {
                tools.logger.warning("cannot delete old deliveries; trying again", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(600))
        }
    }
}
