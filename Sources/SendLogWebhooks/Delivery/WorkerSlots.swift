import SendLogCore
import SendLogScheduling

/// Assigns a server's worker slots to webhooks, without I/O, clocks or randomness.
///
/// Organisations have fair shares of all slots. Slow and failing webhooks may use at most half of the slots, which
/// organisations share fairly as well.
struct WorkerSlots {
    private var shares: FairShares
    /// The webhooks that have a worker, and whether they are healthy.
    private var workers: [WebhookKey: Bool] = [:]
    private var unhealthy: FairShares
    /// Whether the last ``choose(from:)`` left webhooks without a slot.
    private var hasWaitingWebhooks = false
    /// The organisation of the last chosen webhook.
    ///
    /// Ties go to the organisation with the next greater number.
    private var lastChosen = OrganisationID(0)

    init(capacity: Int) {
        shares = FairShares(capacity: capacity)
        unhealthy = FairShares(capacity: max(1, capacity / 2))
    }

    /// Whether all slots are taken.
    var isFull: Bool { shares.total >= shares.capacity }

    /// Chooses webhooks and acquires their slots.
    ///
    /// Each step chooses the organisation with the fewest slots. Among equals, the webhook with the oldest lease comes
    /// first.
    ///
    /// - Parameter pending: webhooks with pending deliveries; an organisation's webhooks are chosen in this order
    /// - Returns: the chosen webhooks.
    mutating func choose(from pending: [PendingWebhook]) -> [PendingWebhook] {
        var queues = Dictionary(grouping: pending.filter { workers[$0.key] == nil }, by: \.organisation)
        var chosen: [PendingWebhook] = []
        while !isFull {
            let candidates = queues.compactMap { organisation, queue in
                shares.hasRoom(for: organisation) ? queue.first(where: { mayWork(for: $0) }) : nil
            }
            guard let next = candidates.min(by: { precedes($0, $1) }) else { break }
            queues[next.organisation]?.removeAll { $0 == next }
            acquire(next)
            chosen.append(next)
        }
        hasWaitingWebhooks = queues.values.contains { !$0.isEmpty }
        return chosen
    }

    private func mayWork(for webhook: PendingWebhook) -> Bool {
        webhook.isHealthy || unhealthy.hasRoom(for: webhook.organisation)
    }

    private func precedes(_ one: PendingWebhook, _ two: PendingWebhook) -> Bool {
        func rank(_ webhook: PendingWebhook) -> (Int, Int64, Int, Int64) {
            let number = webhook.organisation.number
            return (shares.used(by: webhook.organisation), webhook.leasedAt, number > lastChosen.number ? 0 : 1, number)
        }
        return rank(one) < rank(two)
    }

    private mutating func acquire(_ webhook: PendingWebhook) {
        shares.acquire(for: webhook.organisation)
        lastChosen = webhook.organisation
        workers[webhook.key] = webhook.isHealthy
        if !webhook.isHealthy { unhealthy.acquire(for: webhook.organisation) }
    }

    /// Releases a webhook's slot.
    mutating func release(_ webhook: WebhookKey) {
        guard let isHealthy = workers.removeValue(forKey: webhook) else { return }
        shares.release(for: webhook.organisation)
        if !isHealthy { unhealthy.release(for: webhook.organisation) }
    }

    /// Records whether a webhook that has a worker is healthy.
    mutating func record(_ webhook: WebhookKey, isHealthy: Bool) {
        guard let before = workers[webhook], before != isHealthy else { return }
        workers[webhook] = isHealthy
        if isHealthy {
            unhealthy.release(for: webhook.organisation)
        } else {
            unhealthy.acquire(for: webhook.organisation)
        }
    }

    /// Returns whether a webhook's worker must release its slot, given whether it has used the slot for the maximum
    /// time.
    func mustYield(_ webhook: WebhookKey, hasUsedSlotTime: Bool) -> Bool {
        if workers[webhook] == false, unhealthy.total > unhealthy.capacity { return true }
        return hasUsedSlotTime && (hasWaitingWebhooks || isFull)
    }
}
