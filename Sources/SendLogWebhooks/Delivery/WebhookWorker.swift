import Logging
import SendLogCore

/// Works for one webhook under a lease: first retries that are due, then new sends, in the order of recording and one at a
/// time, so that its receiver gets sends in that order.
struct WebhookWorker {
    let tools: Tools
    let owner: String
    var webhook: Webhook
    /// What was started under former leases that were not released.
    var started: StartedAttempts
    /// When the lease ends.
    var leaseEnd: Timestamp
    /// Deliveries that changed and are not saved yet.
    var unsaved: [Delivery] = []
    /// When the last save was made.
    var savedAt: Timestamp
    /// The cursor and the size of a batch as they were saved last.
    var saved: (cursor: SequenceNumber, batchSize: Int64)
    /// New send logs that were read and are not delivered yet.
    private var logs: ArraySlice<StoredSendLog> = []
    /// When the worker began.
    private let begin: Timestamp
    /// Whether the lease is lost: the webhook is gone, not active, or leased to another.
    var isLost = false

    /// How often new sends are looked for.
    static let interval = Duration.milliseconds(250)
    /// How many times in vain before the lease is released.
    private static let maxIdle = 4
    /// After so many milliseconds others have their turn, if they wait for it.
    private static let turn: Int64 = 10_000
    /// After so many milliseconds of retries new sends have their turn, and the other way round.
    private static let maxWork: Int64 = 1000
    /// How many send logs are read at once, and how many bytes of them are kept while a receiver takes its time.
    private static let maxRead = (logs: 100, bytes: 262_144)
    /// How many retries are read at once.
    private static let maxRetries = 50

    /// What all workers of a server have in common.
    struct Tools: Sendable {
        let store: any Store
        let client: any WebhookClient
        let schedule: RetrySchedule
        let pool: WorkerPool
        /// How long a lease lasts unless it is renewed, in milliseconds: a killed server holds its webhooks up for as long.
        let leaseDuration: Int64
        /// How many milliseconds before its end a lease is renewed: an attempt must end within them.
        let leaseReserve: Int64
        let logger: Logger
        let now: @Sendable () -> Timestamp
    }

    /// Works for a webhook under a lease.
    init(_ leased: LeasedWebhook, _ lease: WebhookLease, with tools: Tools) {
        webhook = leased.webhook
        started = leased.started
        owner = lease.owner
        leaseEnd = lease.end
        saved = (leased.webhook.progress.cursor, leased.started.batchSize)
        self.tools = tools
        begin = tools.now()
        savedAt = begin
    }

    var store: any Store { tools.store }
    var key: PendingWebhook.Key { .init(organisation: webhook.organisation, id: webhook.id) }
    func now() -> Timestamp { tools.now() }

    /// Works until there is nothing to do, the receiver needs rest, others need the slot, or the server stops.
    mutating func run() async {
        do {
            var idle = 0
            while idle < Self.maxIdle, !isLost, !Task.isCancelled {
                if try await work() == 0 {
                    idle += 1
                    try? await Task.sleep(for: Self.interval)
                } else {
                    idle = 0
                }
                if isResting || tools.pool.mustYield(key, isTurnOver: isTurnOver) { break }
                _ = try await save(ifNeeded: true)
            }
            if !isLost { _ = try await save(isReleasing: true) }
        } catch {
            tools.logger.warning(
                "deliveries of a webhook are delayed; trying again",
                metadata: ["webhook": "\(webhook.id)", "cause": "\(error)"]
            )
            try? await Task.sleep(for: .seconds(1))
            // What was delivered and cannot be saved is delivered again.
            if !isLost { _ = try? await save(isReleasing: true) }
        }
    }

    /// Whether it has worked for as long as one may while others wait.
    var isTurnOver: Bool { now().milliseconds - begin.milliseconds > Self.turn }

    /// Whether the receiver is to be left alone; a hold that a wrong clock made does not count.
    var isResting: Bool {
        if webhook.progress.pause != nil { return true }
        guard let heldUntil = webhook.progress.heldUntil else { return false }
        let latest = WebhookLease(owner: owner, begin: now(), end: leaseEnd).latestHold
        return heldUntil > now() && heldUntil.milliseconds <= latest
    }

    /// Delivers what is due and what is new.
    ///
    /// - Returns: how many sends were looked at.
    private mutating func work() async throws -> Int {
        // If all fails, old and new ones are tried by turns: the first that is taken shows that the receiver is back.
        let isRetryFirst =
            webhook.progress.failures < RetrySchedule.failuresBeforeHold || webhook.progress.failures % 2 == 0
        var count = isRetryFirst ? try await deliverRetries() : 0
        if !isLost, !isResting { count += try await deliverNew() }
        if count == 0, !isRetryFirst { count += try await deliverRetries() }
        return count
    }

    /// Delivers retries that are due, up to the first that fails again: those behind it are not to wait for all that fail.
    private mutating func deliverRetries() async throws -> Int {
        // The store does not know yet what is unsaved, and would find it due again.
        if unsaved.contains(where: { $0.state == .waiting || $0.tries > 1 }), try await !save() { return 0 }
        let due = try await store.dueDeliveries(
            of: webhook.id,
            in: webhook.organisation,
            at: now(),
            most: Self.maxRetries
        )
        if due.isEmpty {
            started.endRetries(behind: webhook.progress.cursor)
            return 0
        }
        if try await !refresh() { return 0 }
        let begin = now()
        for found in due {
            let failures = webhook.progress.failures
            let delivery: Delivery
            let log: StoredSendLog
            do throws(StoreError) {
                // Somebody may have redelivered it.
                delivery = try await store.delivery(found.id, of: webhook.id, in: webhook.organisation)
                if delivery.nextTry == nil {
                    started.end(delivery.id.sequence)
                    continue
                }
                log = try await store.sendLog(delivery.send, in: webhook.organisation)
            } catch {
                guard error == .notFound else { throw error }
                giveUp(found)
                continue
            }
            guard try await deliver(log, delivery) else { return 1 }
            // New sends, and others' webhooks, have their turn.
            if webhook.progress.failures > failures || now().milliseconds - begin.milliseconds > Self.maxWork { break }
        }
        return due.count
    }

    /// Ends a delivery whose send log is gone.
    private mutating func giveUp(_ delivery: Delivery) {
        tools.logger.error(
            "a delivery's send log is gone",
            metadata: ["webhook": "\(webhook.id)", "delivery": "\(delivery.id)"]
        )
        var delivery = delivery
        (delivery.state, delivery.nextTry) = (.failed, nil)
        unsaved.append(delivery)
        started.end(delivery.id.sequence)
    }

    /// Delivers some of what was recorded behind the cursor.
    private mutating func deliverNew() async throws -> Int {
        if logs.isEmpty {
            let read = try await store.archive(
                after: webhook.progress.cursor,
                in: webhook.organisation,
                most: Self.maxRead.logs
            )
            logs = Self.beginning(of: read.map(\.log))
            if logs.isEmpty { started.endNew() }
            // What was changed before these were recorded counts for them.
            if !logs.isEmpty, try await !refresh() { return 0 }
        }
        let begin = now()
        var count = 0
        while let log = logs.first {
            if log.sequence > webhook.progress.cursor {
                guard try await deliver(new: log) else { return 1 }
            }
            count += 1
            // If the webhook was changed meanwhile, what was read is dropped.
            if !logs.isEmpty { logs.removeFirst() }
            // Retries may have become due.
            if isResting || now().milliseconds - begin.milliseconds > Self.maxWork { break }
        }
        return count
    }

    /// The first of some send logs, one at least: a message may have 64 KiB, and there are many workers.
    private static func beginning(of logs: [StoredSendLog]) -> ArraySlice<StoredSendLog> {
        var bytes = 0
        let first = logs.prefix { log in
            defer { bytes += log.record.count }
            return bytes < maxRead.bytes
        }
        // A slice would keep all of them.
        return Array(first)[...]
    }

    private mutating func deliver(new log: StoredSendLog) async throws -> Bool {
        let ids = log.record.withUnsafeBufferPointer { record in
            RecordFields(record).map { (CampaignID(utf8: $0.campaignID), SendLogID(utf8: $0.id)) }
        }
        if case (let campaign?, let send?)? = ids {
            if webhook.matches(campaign) {
                let delivery = Delivery(id: DeliveryID(log.sequence), send: send, created: now(), state: .waiting)
                guard try await deliver(log, delivery) else { return false }
            }
        } else {
            // Those behind it do not wait for a damaged one.
            tools.logger.error("a send log is damaged", metadata: ["sequence": "\(log.sequence.number)"])
        }
        started.end(log.sequence)
        webhook.progress.advance(to: log.sequence)
        started.advance(to: webhook.progress.cursor)
        return true
    }

    /// Drops what was read, since the webhook was changed.
    mutating func dropRead() { logs = [] }
}
