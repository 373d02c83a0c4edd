public import Logging
public import SendLogCore
public import ServiceLifecycle

/// Finds webhooks with pending deliveries, and runs one worker for each: a slow or unreachable receiver does not delay
/// others.
///
/// The agenda says at which organisation to look, and when. A poll of all organisations finds what this server is
/// not notified of: the work of other servers, above all of those that crashed. One server at a time polls.
public struct WebhookDispatcher: Service {
    let context: WebhookWorker.Context
    let agenda: WebhookAgenda
    let limits: Limits
    /// The pauses between polls of all organisations.
    let pollPauses: ClosedRange<Duration>
    /// This server's identifier among the servers that share the database.
    let server: String
    private let recordingTimes: any RecordingTimeStore
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

    /// Creates a dispatcher.
    ///
    /// - Parameters:
    ///   - store: the store
    ///   - client: makes the attempts
    ///   - schedule: the schedule of retries
    ///   - agenda: is notified of what is recorded and changed on this server
    ///   - pollPauses: the shortest and the longest pause between polls of all organisations
    ///   - executor: the executor of the workers; `nil` for the default executor
    ///   - limits: the limits of delivery
    ///   - logger: the log
    ///   - now: the clock
    public init(
        store: any LogReader & CampaignStore & WebhookStore & WebhookLeaseStore & RecordingTimeStore,
        client: any WebhookClient,
        schedule: RetrySchedule,
        agenda: WebhookAgenda,
        pollPauses: ClosedRange<Duration>,
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
        (self.agenda, self.pollPauses) = (agenda, pollPauses)
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
        let failures = FailureLog(context.logger)
        while !Task.isCancelled {
            do { try await work() } catch {
                if Task.isCancelled { break }
                failures.warn(failure, ["cause": "\(error)"])
            }
            try? await Task.sleep(for: interval)
        }
    }
}
