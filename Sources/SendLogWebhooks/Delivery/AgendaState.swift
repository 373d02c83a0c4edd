import SendLogCore

/// Decides when the dispatcher looks at which organisations, without I/O, clocks or randomness.
///
/// The dispatcher looks at an organisation, which costs a statement on its node, when something was recorded here, when
/// a worker has ended, and when a retry, a hold or another server's lease is over.
struct AgendaState {
    /// What is known of an organisation.
    private struct Entry {
        /// The webhooks that are active and not paused, as of the last look; `nil` before the first one.
        var webhooks: Set<WebhookID>?
        /// When the last look began.
        var lookedAt: ContinuousClock.Instant?
        var isLooking = false
        /// Whether the look that is in progress may have come too early.
        var mustLookAgain = false
        /// The number of looks in a row that failed.
        var failures = 0
        /// The webhooks that have a worker on this server.
        var running: Set<WebhookID> = []

        var isIdle: Bool { !isLooking && running.isEmpty }
    }

    /// The maximum number of organisations that are known; the poll of all of them finds the others.
    private let capacity: Int
    private var entries: [OrganisationID: Entry] = [:]
    /// When to look at which organisation.
    private var due: [OrganisationID: ContinuousClock.Instant] = [:]
    /// The webhooks that can be leased, but had no free slot yet.
    private var waiting: [OrganisationID: [PendingWebhook]] = [:]
    private var looks = 0

    /// The shortest time between the beginnings of two looks at an organisation.
    static let lookInterval = Duration.milliseconds(250)
    /// The time for which an organisation is known to have no webhooks without a worker: another server may create one.
    static let lifetime = Duration.seconds(5)
    /// The maximum number of looks at a time: one that waits for a node leaves the others.
    static let maxLooks = 8
    /// The longest time until the next look.
    ///
    /// A time that a wrong clock stored may be thousands of years away.
    private static let maxDelay = Duration.seconds(3600)
    /// The longest pause after looks that failed, in seconds.
    private static let maxPause = 5

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Records that send logs were recorded.
    ///
    /// - Returns: whether there is a look to make sooner than before.
    mutating func recorded(in organisation: OrganisationID, at now: ContinuousClock.Instant) -> Bool {
        guard let entry = entries[organisation], let webhooks = entry.webhooks, let lookedAt = entry.lookedAt,
            !entry.isLooking
        else { return changed(in: organisation, at: now) }
        // Each worker reads the new send logs, or else its end leads to a look.
        if webhooks.isSubset(of: entry.running), now - lookedAt < Self.lifetime { return false }
        return changed(in: organisation, at: now)
    }

    /// Records that webhooks may have something to deliver.
    ///
    /// - Returns: whether there is a look to make sooner than before.
    mutating func changed(in organisation: OrganisationID, at now: ContinuousClock.Instant) -> Bool {
        guard addEntry(organisation) else { return false }
        if entries[organisation]?.isLooking == true {
            entries[organisation]?.mustLookAgain = true
            return false
        }
        let moment = max(now, (entries[organisation]?.lookedAt ?? now - Self.lookInterval) + Self.lookInterval)
        return schedule(organisation, at: moment)
    }

    private mutating func schedule(_ organisation: OrganisationID, at moment: ContinuousClock.Instant) -> Bool {
        if let present = due[organisation], present <= moment { return false }
        due[organisation] = moment
        return true
    }

    private mutating func addEntry(_ organisation: OrganisationID) -> Bool {
        if entries[organisation] != nil { return true }
        if entries.count >= capacity {
            entries = entries.filter { !$0.value.isIdle || due[$0.key] != nil || waiting[$0.key] != nil }
        }
        if entries.count >= capacity { return false }
        entries[organisation] = Entry()
        return true
    }

    /// Begins the looks that are due, those that wait longest first.
    mutating func beginLooks(at now: ContinuousClock.Instant) -> [OrganisationID] {
        let found = due.filter { $0.value <= now }.sorted { $0.value < $1.value }
            .prefix(Self.maxLooks - looks).map(\.key)
        for organisation in found {
            due[organisation] = nil
            guard addEntry(organisation) else { continue }
            entries[organisation]?.isLooking = true
            entries[organisation]?.mustLookAgain = false
            entries[organisation]?.lookedAt = now
            looks += 1
        }
        return found
    }

    /// The moment of the next look; `nil` if there is none, or if all looks that may run are running.
    var nextLook: ContinuousClock.Instant? { looks < Self.maxLooks ? due.values.min() : nil }

    /// Ends a look with the webhooks that it found, and the moments from which on they can be leased.
    mutating func endLook(
        at organisation: OrganisationID,
        found: [(webhook: PendingWebhook, due: ContinuousClock.Instant?)],
        now: ContinuousClock.Instant
    ) {
        guard var entry = entries[organisation] else { return }
        looks -= 1
        entry.isLooking = false
        entry.failures = 0
        entry.webhooks = Set(found.map(\.webhook.id))
        entries[organisation] = entry
        let others = found.filter { !entry.running.contains($0.webhook.id) }
        let pending = others.filter { $0.due.map { $0 <= now } ?? false }.map(\.webhook)
        waiting[organisation] = pending.isEmpty ? nil : pending
        let later = others.compactMap(\.due).filter { $0 > now }.min()
        if entry.mustLookAgain {
            _ = changed(in: organisation, at: now)
        } else if let later {
            _ = schedule(organisation, at: min(later, now + Self.maxDelay))
        }
    }

    /// Ends a look that failed, and schedules the next one.
    mutating func failLook(at organisation: OrganisationID, now: ContinuousClock.Instant) {
        guard let failures = entries[organisation]?.failures else { return }
        looks -= 1
        entries[organisation]?.isLooking = false
        entries[organisation]?.failures = min(failures + 1, 10)
        _ = schedule(organisation, at: now + .seconds(min(Self.maxPause, 1 << failures)))
    }

    /// Adds the webhooks that a poll of all organisations found.
    ///
    /// - Returns: whether some of them were not known to have something to deliver.
    mutating func add(_ pending: [PendingWebhook]) -> Bool {
        var hasNew = false
        for (organisation, webhooks) in Dictionary(grouping: pending, by: \.organisation) {
            // The poll has a limit of its own, so that its webhooks are kept also beyond the capacity.
            _ = addEntry(organisation)
            let known = (entries[organisation]?.running ?? []).union((waiting[organisation] ?? []).map(\.id))
            let others = webhooks.filter { !known.contains($0.id) }
            if others.isEmpty { continue }
            hasNew = true
            waiting[organisation, default: []] += others
        }
        return hasNew
    }

    /// The webhooks that wait for a slot.
    var waitingWebhooks: [PendingWebhook] { waiting.values.flatMap(\.self) }

    /// Records that webhooks of an organisation are about to get a worker.
    mutating func start(_ webhooks: [PendingWebhook]) {
        for webhook in webhooks {
            let organisation = webhook.organisation
            waiting[organisation]?.removeAll { $0.id == webhook.id }
            if waiting[organisation]?.isEmpty == true { waiting[organisation] = nil }
            // The workers have a limit of their own.
            entries[organisation, default: Entry()].running.insert(webhook.id)
        }
    }

    /// Records that webhooks of an organisation could not be leased, and schedules the next look.
    mutating func failLease(
        of webhooks: [PendingWebhook],
        in organisation: OrganisationID,
        at now: ContinuousClock.Instant
    ) {
        for webhook in webhooks { entries[organisation]?.running.remove(webhook.id) }
        _ = schedule(organisation, at: now + .seconds(Self.maxPause))
    }

    /// Records that a webhook has no worker any more, and looks at its organisation again.
    ///
    /// Something may have been recorded after the worker's last read, or a retry be due later.
    mutating func end(_ webhook: WebhookKey, at now: ContinuousClock.Instant) {
        entries[webhook.organisation]?.running.remove(webhook.id)
        _ = changed(in: webhook.organisation, at: now)
    }
}
