import SendLogCore
import SendLogScheduling

/// Which webhooks a server works for, and which come next: decided without I/O, clocks or chance.
///
/// Organisations have fair shares of all slots; webhooks that are slow or failing have half of the slots, in fair shares as well.
struct WorkerSlots {
    private var shares: FairShares
    /// The webhooks that are worked for, and whether they are healthy.
    private var workers: [PendingWebhook.Key: Bool] = [:]
    private var unhealthy: FairShares
    /// Whether the last ``choose(from:)`` had to leave out a webhook.
    private var isCrowded = false
    /// The organisation that was chosen last: the next one comes after it, where all else is the same.
    private var lastChosen = OrganisationID(0)

    init(capacity: Int) {
        shares = FairShares(capacity: capacity)
        unhealthy = FairShares(capacity: max(1, capacity / 2))
    }

    /// Whether all slots are taken.
    var isFull: Bool { shares.total >= shares.capacity }

    /// Chooses webhooks, and takes their slots.
    ///
    /// - Parameter pending: webhooks with something to deliver, an organisation's in the order in which they are to come
    /// - Returns: the chosen ones: again and again one of the organisation that has the fewest slots, and of these one of that
    ///   whose webhook was leased longest ago.
    mutating func choose(from pending: [PendingWebhook]) -> [PendingWebhook] {
        var queues: [OrganisationID: ArraySlice<PendingWebhook>] = [:]
        for webhook in pending where workers[webhook.key] == nil {
            queues[webhook.organisation, default: []].append(webhook)
        }
        var chosen: [PendingWebhook] = []
        while !isFull {
            var next: PendingWebhook?
            for (organisation, queue) in queues where shares.hasRoom(for: organisation) {
                guard let first = queue.first(where: { mayWork(for: $0) }) else { continue }
                if let best = next, !precedes(first, best) { continue }
                next = first
            }
            guard let next else { break }
            queues[next.organisation]?.removeAll { $0 == next }
            take(next)
            chosen.append(next)
        }
        isCrowded = queues.values.contains { !$0.isEmpty }
        return chosen
    }

    private func mayWork(for webhook: PendingWebhook) -> Bool {
        webhook.isHealthy || unhealthy.hasRoom(for: webhook.organisation)
    }

    private func precedes(_ one: PendingWebhook, _ two: PendingWebhook) -> Bool {
        func rank(_ webhook: PendingWebhook) -> (Int, Int64, Int, Int64) {
            let number = webhook.organisation.number
            return (
                shares.used(by: webhook.organisation), webhook.leasedAt, number > lastChosen.number ? 0 : 1, number
            )
        }
        return rank(one) < rank(two)
    }

    private mutating func take(_ webhook: PendingWebhook) {
        shares.take(for: webhook.organisation)
        lastChosen = webhook.organisation
        workers[webhook.key] = webhook.isHealthy
        if !webhook.isHealthy { unhealthy.take(for: webhook.organisation) }
    }

    /// Frees a webhook's slot.
    mutating func release(_ webhook: PendingWebhook.Key) {
        guard let isHealthy = workers.removeValue(forKey: webhook) else { return }
        shares.release(for: webhook.organisation)
        if !isHealthy { unhealthy.release(for: webhook.organisation) }
    }

    /// Notes how a webhook fares that is worked for.
    mutating func note(_ webhook: PendingWebhook.Key, isHealthy: Bool) {
        guard let before = workers[webhook], before != isHealthy else { return }
        workers[webhook] = isHealthy
        if isHealthy {
            unhealthy.release(for: webhook.organisation)
        } else {
            unhealthy.take(for: webhook.organisation)
        }
    }

    /// Decides whether a webhook's worker must make room.
    ///
    /// - Parameters:
    ///   - webhook: the webhook
    ///   - isTurnOver: whether it has been worked for as long as one is while others wait
    /// - Returns: whether the worker must end.
    func mustYield(_ webhook: PendingWebhook.Key, isTurnOver: Bool) -> Bool {
        if workers[webhook] == false, unhealthy.total > unhealthy.capacity { return true }
        return isTurnOver && (isCrowded || isFull)
    }
}

extension PendingWebhook {
    /// Identifies a webhook.
    struct Key: Hashable, Sendable {
        let organisation: OrganisationID
        let id: WebhookID
    }

    var key: Key { Key(organisation: organisation, id: id) }
}
