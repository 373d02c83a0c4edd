import Logging
import SendLogCore
import Synchronization

/// Delivers one webhook's sends under a lease.
///
/// It delivers due retries first, then new sends, and continues replays when there is neither. It delivers new sends one
/// at a time in the order of their sequence numbers, so that the receiver gets them in this order.
struct WebhookWorker {
    let context: Context
    let owner: String
    var webhook: Webhook
    /// The deliveries that were started under earlier leases that were not released.
    var started: StartedAttempts
    /// When the lease ends.
    var leaseEnd: Timestamp
    /// The deliveries that changed since the last save.
    var unsaved: [DeliveryUpdate] = []
    /// When the last save was made.
    var savedAt: Timestamp
    /// The cursor and the batch size as of the last save.
    var saved: (cursor: SequenceNumber, batchSize: Int64)
    /// New send logs that were read and are not delivered yet.
    var logs: ArraySlice<StoredSendLog> = []
    /// When the worker started.
    private let begin: Timestamp
    /// Whether the worker continues replays, and so leaves its slot sooner to webhooks that have new sends.
    var isReplaying: Bool
    /// Whether the lease is lost: the webhook was deleted, is not active, or is leased by another worker.
    var hasLostLease = false

    /// The polling interval for new sends.
    static let interval = Duration.milliseconds(250)
    /// The number of polls without a result after which the lease is released.
    private static let maxIdlePolls = 4
    /// The time after which the worker yields its slot if other webhooks wait for one, in milliseconds.
    private static let maxSlotTime: Int64 = 10_000
    /// The time after which the worker switches between retries and new sends, and after which one that replays yields
    /// its slot, in milliseconds.
    private static let maxTurn: Int64 = 1000
    /// The maximum number of send logs per read, and the maximum number of bytes of them that are kept during delivery.
    private static let maxRead = (logs: 100, bytes: 262_144)
    /// The maximum number of due deliveries per read.
    private static let maxRetries = 50

    /// The dependencies that all workers of a server share.
    struct Context: Sendable {
        let store: any LogReader & CampaignStore & WebhookStore & WebhookLeaseStore
        let client: any WebhookClient
        let schedule: RetrySchedule
        let pool: WorkerPool
        /// The lease duration unless the lease is renewed, in milliseconds.
        ///
        /// A killed server blocks its webhooks for this time.
        let leaseDuration: Int64
        /// The remaining time at which a lease is renewed, in milliseconds.
        ///
        /// An attempt must end within this time.
        let leaseRenewalMargin: Int64
        let logger: Logger
        let now: @Sendable () -> Timestamp
    }

    /// Creates a worker for a leased webhook.
    init(_ leased: LeasedWebhook, _ lease: WebhookLease, with context: Context) {
        webhook = leased.webhook
        started = leased.started
        owner = lease.owner
        leaseEnd = lease.end
        saved = (leased.webhook.progress.cursor, leased.started.batchSize)
        isReplaying = !leased.webhook.progress.replays.isEmpty
        self.context = context
        begin = context.now()
        savedAt = begin
    }

    var store: any LogReader & CampaignStore & WebhookStore & WebhookLeaseStore { context.store }
    var key: WebhookKey { webhook.key }
    func now() -> Timestamp { context.now() }

    /// Works until there is nothing to do, the webhook is held or paused, others need the slot, or the server stops.
    mutating func run() async {
        do {
            var idle = 0
            while idle < Self.maxIdlePolls, !hasLostLease, !Task.isCancelled {
                if try await work() == 0 {
                    idle += 1
                    try? await Task.sleep(for: Self.interval)
                } else {
                    idle = 0
                }
                let mustYield = context.pool.slots.withLock { $0.mustYield(key, hasUsedSlotTime: hasUsedSlotTime) }
                if isHeldOrPaused || mustYield { break }
                _ = try await save(ifNeeded: true)
            }
            if !hasLostLease { _ = try await save(isReleasing: true) }
        } catch {
            context.logger.warning(
                "deliveries of a webhook are delayed; retrying",
                metadata: ["webhook": "\(webhook.id)", "cause": "\(error)"]
            )
            try? await Task.sleep(for: .seconds(1))
            // If this save fails too, the unsaved deliveries are made again.
            if !hasLostLease { _ = try? await save(isReleasing: true) }
        }
    }

    /// Whether the worker has used its slot for the maximum time, and must yield if others wait.
    var hasUsedSlotTime: Bool {
        now().milliseconds - begin.milliseconds > (isReplaying ? Self.maxTurn : Self.maxSlotTime)
    }

    /// Whether the webhook is held or paused.
    ///
    /// A hold beyond the maximum comes from a wrong clock and is ignored.
    var isHeldOrPaused: Bool {
        if webhook.progress.pause != nil { return true }
        guard let heldUntil = webhook.progress.heldUntil else { return false }
        let latest = WebhookLease(owner: owner, start: now(), end: leaseEnd).latestHold
        return heldUntil > now() && heldUntil.milliseconds <= latest
    }

    /// Delivers due retries and new sends, or else continues a replay.
    ///
    /// - Returns: the number of sends that were examined.
    private mutating func work() async throws -> Int {
        // While the receiver keeps failing, retries and new sends alternate: the first success of either shows that the
        // receiver has recovered.
        let isRetryFirst =
            webhook.progress.failures < RetrySchedule.failuresBeforeHold || webhook.progress.failures % 2 == 0
        var count = isRetryFirst ? try await deliverRetries() : 0
        if !hasLostLease, !isHeldOrPaused { count += try await deliverNew() }
        if count == 0, !isRetryFirst { count += try await deliverRetries() }
        if count == 0, !hasLostLease, !isHeldOrPaused { count += try await continueReplay() }
        return count
    }

    /// Delivers due retries and stops at the first failure, so that a failing receiver does not delay new sends.
    private mutating func deliverRetries() async throws -> Int {
        // The store does not know unsaved results yet, and would return these deliveries as due again.
        let mayBeDue = unsaved.contains { $0.result.state == .waiting || $0.delivery.nextTry != nil }
        if mayBeDue, try await !save() { return 0 }
        let due = try await store.dueDeliveries(
            of: webhook.id,
            in: webhook.organisation,
            at: now(),
            limit: Self.maxRetries
        )
        if due.isEmpty {
            started.endRetries(through: webhook.progress.cursor)
            return 0
        }
        if try await !refresh() { return 0 }
        let begin = now()
        for found in due {
            let failures = webhook.progress.failures
            // A user may have redelivered it, or deleted the webhook, meanwhile.
            guard let delivery = try await waiting(found) else {
                started.end(found.id.sequence)
                continue
            }
            let log: StoredSendLog
            do throws(StoreError) {
                log = try await store.sendLog(delivery.send, in: webhook.organisation)
                // Another send log may have been recorded under the ID of a deleted one.
                guard log.sequence == delivery.id.sequence else { throw .notFound }
            } catch {
                guard error == .notFound else { throw error }
                context.logger.info(
                    "the send log of a delivery was deleted",
                    metadata: ["webhook": "\(webhook.id)", "delivery": "\(found.id)"]
                )
                abandon(found, "not attempted again: the send log was deleted")
                continue
            }
            guard try await deliver(log, delivery) else { return 1 }
            // Gives new sends, and other webhooks, their turn.
            if webhook.progress.failures > failures || now().milliseconds - begin.milliseconds > Self.maxTurn { break }
        }
        return due.count
    }

    /// Returns the present state of a delivery; `nil` if no attempt is due any more.
    private func waiting(_ delivery: Delivery) async throws(StoreError) -> Delivery? {
        do throws(StoreError) {
            let present = try await store.delivery(delivery.id, of: webhook.id, in: webhook.organisation)
            return present.nextTry == nil ? nil : present
        } catch {
            guard error == .notFound else { throw error }
            return nil
        }
    }

    /// Marks a delivery as failed without an attempt, with the reason for users.
    mutating func abandon(_ delivery: Delivery, _ problem: String) {
        let entry = DeliveryAttempt(at: now(), duration: 0, problem: problem)
        unsaved.append(DeliveryUpdate(delivery, entry, .abandoned))
        started.end(delivery.id.sequence)
    }

    /// Delivers some of the send logs after the cursor.
    private mutating func deliverNew() async throws -> Int {
        if logs.isEmpty {
            let read = try await store.sendLogs(
                after: webhook.progress.cursor,
                in: webhook.organisation,
                limit: Self.maxRead.logs
            )
            logs = Self.beginning(of: read.logs)
            if logs.isEmpty {
                started.endNew()
                // All send logs up to there were deleted: the webhook has nothing pending any more.
                if read.end > webhook.progress.cursor { webhook.progress.advance(to: read.end) }
                return 0
            }
            // Changes of the webhook that were made before these sends were recorded must apply to them.
            if try await !refresh() { return 0 }
        }
        let begin = now()
        var count = 0
        while let log = logs.first {
            if log.sequence > webhook.progress.cursor {
                guard try await deliver(new: log) else { return 1 }
            }
            count += 1
            // `logs` is empty if the webhook changed during the delivery: then the read send logs are discarded.
            if !logs.isEmpty { logs.removeFirst() }
            // Retries may have become due.
            if isHeldOrPaused || now().milliseconds - begin.milliseconds > Self.maxTurn { break }
        }
        return count
    }

    /// Returns the first send logs within ``maxRead``'s bytes, at least one.
    ///
    /// A message may have 64 KiB, and there are many workers.
    private static func beginning(of logs: [StoredSendLog]) -> ArraySlice<StoredSendLog> {
        var bytes = 0
        let first = logs.prefix { log in
            defer { bytes += log.record.count }
            return bytes < maxRead.bytes
        }
        // Copies them: a slice would keep the whole array in memory.
        return Array(first)[...]
    }

    private mutating func deliver(new log: StoredSendLog) async throws -> Bool {
        if let ids = Self.ids(of: log) {
            if webhook.matches(ids.campaign) {
                let delivery = Delivery(id: DeliveryID(log.sequence), send: ids.send, created: now(), state: .waiting)
                guard try await deliver(log, delivery) else { return false }
            }
        } else {
            // Skips the damaged send log, so that it does not block those after it.
            let sequence = log.sequence.number
            context.logger.error("a send log is damaged", metadata: ["sequence": .stringConvertible(sequence)])
        }
        started.end(log.sequence)
        webhook.progress.advance(to: log.sequence)
        started.advance(to: webhook.progress.cursor)
        return true
    }
}
