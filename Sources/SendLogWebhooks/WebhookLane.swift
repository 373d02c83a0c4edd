import Logging
import SendLogCore

/// Works for one webhook that was taken: what failed and is due again, and what was recorded since, in that order and
/// one at a time, so that its receiver gets sends in the order of their recording.
struct WebhookLane {
    private let tools: Tools
    private let holder: String
    private var webhook: Webhook
    /// When the webhook is somebody else's to take.
    private var end: Timestamp
    /// What was done and is not kept yet.
    private var unsaved: [Delivery] = []
    private var saved: Timestamp
    /// What was recorded since, as far as it was read and is not told yet.
    private var read: ArraySlice<StoredSendLog> = []
    /// Whether the webhook is not this worker's any more: gone, not active, or taken by another.
    private var isLost = false

    /// For how many milliseconds a webhook is taken; a server that is killed holds it up for as long.
    static let term: Int64 = 20_000
    /// Before the last milliseconds of the term it is taken again: an attempt must end within them.
    private static let reserve: Int64 = 14_000
    /// After so many milliseconds, or deliveries, what was done is kept.
    private static let mostUnsaved = (milliseconds: Int64(250), deliveries: 500)
    /// How often new sends are looked for.
    static let interval = Duration.milliseconds(250)
    /// How many times in vain before the webhook is given back.
    private static let mostIdle = 4
    /// After so many milliseconds others have their turn, where they wait for it.
    private static let turn: Int64 = 10_000
    /// How many send logs are read at once, and of how many bytes they are kept while a receiver takes its time.
    private static let mostRead = (logs: 100, bytes: 262_144)

    /// What lanes work with, all of them with the same.
    struct Tools: Sendable {
        let store: any Store
        let courier: any WebhookCourier
        let schedule: RetrySchedule
        let logger: Logger
        let now: @Sendable () -> Timestamp
    }

    /// Works for a webhook that a holder has until a moment.
    init(_ webhook: Webhook, until end: Timestamp, for holder: String, with tools: Tools) {
        self.webhook = webhook
        self.end = end
        self.holder = holder
        self.tools = tools
        saved = tools.now()
    }

    private var store: any Store { tools.store }
    private var courier: any WebhookCourier { tools.courier }
    private var schedule: RetrySchedule { tools.schedule }
    private var logger: Logger { tools.logger }
    private func now() -> Timestamp { tools.now() }

    /// Works until there is nothing to do, the receiver needs rest, or the server stops.
    ///
    /// - Parameter isCrowded: whether others wait for their turn
    mutating func run(isCrowded: @Sendable () -> Bool) async {
        let begin = now()
        do {
            var idle = 0
            while idle < Self.mostIdle, !isLost, !Task.isCancelled {
                if try await work() == 0 {
                    idle += 1
                    try? await Task.sleep(for: Self.interval)
                } else {
                    idle = 0
                }
                if isResting || (isCrowded() && now().milliseconds - begin.milliseconds > Self.turn) { break }
                _ = try await save(ifNeeded: true)
            }
            if !isLost { _ = try await give(back: true) }
        } catch {
            logger.warning("a webhook's deliveries wait", metadata: ["webhook": "\(webhook.id)", "cause": "\(error)"])
            try? await Task.sleep(for: .seconds(1))
            // What was done and cannot be kept is done again.
            if !isLost { _ = try? await give(back: true) }
        }
    }

    private var isResting: Bool {
        webhook.progress.pause != nil || webhook.progress.heldUntil.map { $0 > now() } ?? false
    }

    /// Tells what is due and what is new.
    ///
    /// - Returns: how many sends were looked at.
    private mutating func work() async throws -> Int {
        // Where all fails, old and new ones are tried by turns: whatever the receiver takes shows that it is back.
        let isDueFirst =
            webhook.progress.failures < RetrySchedule.failuresBeforeHold || webhook.progress.failures % 2 == 0
        var count = isDueFirst ? try await tellDue() : 0
        if !isLost, !isResting { count += try await tellNew() }
        if count == 0, !isDueFirst { count += try await tellDue() }
        return count
    }

    /// Tells what is due, up to the first that fails again: those behind it are not to wait for all that fail.
    private mutating func tellDue() async throws -> Int {
        // What waits and is not kept yet is not found due, and what waited is still found so.
        if unsaved.contains(where: { $0.state == .waiting || $0.tries > 1 }), try await !save() { return 0 }
        let due = try await store.dueDeliveries(of: webhook.id, in: webhook.organisation, at: now(), most: 50)
        if !due.isEmpty, try await !refresh() { return 0 }
        for found in due {
            let failures = webhook.progress.failures
            let delivery: Delivery
            let log: StoredSendLog
            do throws(StoreError) {
                // Somebody may have delivered it by hand.
                delivery = try await store.delivery(found.id, of: webhook.id, in: webhook.organisation)
                if delivery.nextTry == nil { continue }
                log = try await store.sendLog(delivery.send, in: webhook.organisation)
            } catch {
                guard error == .notFound else { throw error }
                giveUp(found)
                continue
            }
            guard try await tell(log, delivery) else { return 1 }
            if webhook.progress.failures > failures { break }
        }
        return due.count
    }

    /// Notes that a delivery's send log is not there any more, which recording never does.
    private mutating func giveUp(_ delivery: Delivery) {
        logger.error(
            "a delivery's send log is gone",
            metadata: ["webhook": "\(webhook.id)", "delivery": "\(delivery.id)"]
        )
        var delivery = delivery
        (delivery.state, delivery.nextTry) = (.failed, nil)
        unsaved.append(delivery)
    }

    /// Tells what was recorded since, some of it.
    private mutating func tellNew() async throws -> Int {
        if read.isEmpty {
            let last = webhook.progress.told
            let logs = try await store.archive(after: last, in: webhook.organisation, most: Self.mostRead.logs)
            read = Self.beginning(of: logs.map(\.log))
            // What was changed before these were recorded counts for them.
            if !read.isEmpty, try await !refresh() { return 0 }
        }
        let begin = now()
        var count = 0
        while let log = read.first {
            if log.sequence > webhook.progress.told {
                guard try await tell(new: log) else { return 1 }
            }
            count += 1
            // What was read is let go where the webhook was changed meanwhile.
            if !read.isEmpty { read.removeFirst() }
            // Others may have become due.
            if isResting || now().milliseconds - begin.milliseconds > 1000 { break }
        }
        return count
    }

    /// The first of some send logs, one at least: a message may have 64 KiB, and there are many lanes.
    private static func beginning(of logs: [StoredSendLog]) -> ArraySlice<StoredSendLog> {
        var bytes = 0
        let first = logs.prefix { log in
            defer { bytes += log.record.count }
            return bytes < mostRead.bytes
        }
        // A slice would keep all of them.
        return Array(first)[...]
    }

    private mutating func tell(new log: StoredSendLog) async throws -> Bool {
        let ids = log.record.withUnsafeBufferPointer { record in
            RecordFields(record).map { (CampaignID(utf8: $0.campaignID), SendLogID(utf8: $0.id)) }
        }
        if case (let campaign?, let send?)? = ids {
            if webhook.tells(campaign) {
                let delivery = Delivery(id: DeliveryID(log.sequence), send: send, created: now(), state: .waiting)
                guard try await tell(log, delivery) else { return false }
            }
        } else {
            // Nobody can be told what it is; those behind it do not wait for that.
            logger.error("a send log is damaged", metadata: ["place": "\(log.sequence.number)"])
        }
        webhook.progress.advance(to: log.sequence)
        return true
    }

    /// Takes what people changed meanwhile.
    ///
    /// - Returns: false where the webhook is not this worker's any more.
    private mutating func refresh() async throws -> Bool {
        if isLost { return false }
        do throws(StoreError) {
            let present = try await store.webhook(webhook.id, in: webhook.organisation)
            if present.version == webhook.version { return true }
        } catch {
            guard error == .notFound else { throw error }
        }
        return try await save()
    }

    /// Makes an attempt.
    ///
    /// - Returns: false where the lane must stop, and the attempt does not count.
    private mutating func tell(_ log: StoredSendLog, _ delivery: Delivery) async throws -> Bool {
        if isLost || isResting || Task.isCancelled { return false }
        guard try await save(ifNeeded: true) else { return false }
        let campaign = webhook.definition.namesCampaign ? try await campaignName(of: log) : nil
        let send = try WebhookSend(log, campaignName: campaign, of: webhook.organisation)
        guard let attempt = await courier.attempt(webhook, send, as: delivery.id, at: now()) else { return false }
        var delivery = delivery
        // Somebody may have delivered it by hand meanwhile, which is then what became of it.
        let isRepeated = delivery.tries > 0
        if isRepeated, let present = try? await store.delivery(delivery.id, of: webhook.id, in: webhook.organisation) {
            delivery = present
        }
        let isDelivered = delivery.state == .delivered
        delivery.add(attempt)
        webhook.progress.note(attempt, of: &delivery, schedule, at: now())
        if isDelivered { (delivery.state, delivery.nextTry) = (.delivered, nil) }
        unsaved.append(delivery)
        if let pause = webhook.progress.pause {
            logger.warning(
                "a webhook is paused",
                metadata: [
                    "webhook": "\(webhook.id)", "name": "\(webhook.definition.name)",
                    "organisation": "\(webhook.organisation.number)", "reason": "\(pause.reason)",
                ]
            )
        }
        // At once, so that it is not written over what somebody does by hand later.
        return isRepeated ? try await save() : true
    }

    private func campaignName(of log: StoredSendLog) async throws -> CampaignName? {
        let send = try WebhookSend(log, campaignName: nil, of: webhook.organisation)
        guard let id = send.campaignID else { return nil }
        return try await store.campaignNames(of: [id], in: webhook.organisation)[id]
    }

    /// Keeps what was done where enough of it, or enough time, has come together.
    ///
    /// - Returns: false where the webhook is not this worker's any more.
    private mutating func save(ifNeeded: Bool = false) async throws -> Bool {
        if isLost { return false }
        let age = now().milliseconds - saved.milliseconds
        let isNeeded =
            unsaved.count >= Self.mostUnsaved.deliveries
            || (!unsaved.isEmpty && age >= Self.mostUnsaved.milliseconds)
            || now().milliseconds > end.milliseconds - Self.reserve
        if ifNeeded, !isNeeded { return true }
        return try await give(back: false)
    }

    private mutating func give(back: Bool) async throws -> Bool {
        end = now().later(by: Self.term)
        let report = WebhookReport(
            holder: holder,
            version: webhook.version,
            progress: webhook.progress,
            deliveries: unsaved,
            end: back ? nil : end
        )
        let (store, id, organisation) = (store, webhook.id, webhook.organisation)
        // Not called off with the lane: what was delivered is to be known.
        let present = try await Task { try await store.save(report, of: id, in: organisation) }.value
        unsaved.removeAll(keepingCapacity: true)
        saved = now()
        guard let present else {
            isLost = true
            return false
        }
        // What was recorded while it was not active is not told.
        if present.version != webhook.version { read = [] }
        webhook = present
        return true
    }
}
