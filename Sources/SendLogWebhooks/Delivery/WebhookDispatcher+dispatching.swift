import Logging
import SendLogCore
import SendLogScheduling
import Synchronization

// Looks at organisations, and runs the workers of their webhooks.
extension WebhookDispatcher {
    /// Delivers until the task is cancelled.
    func dispatch() async {
        if limits.workers == 0 { return }
        let poller = WebhookPoller(of: self)
        let failures = FailureLog(context.logger)
        await withDiscardingTaskGroup { group in
            group.addTask { await poller.run() }
            while !Task.isCancelled {
                let hasFreeSlots = context.pool.slots.withLock { !$0.isFull }
                if hasFreeSlots {
                    for organisation in agenda.read({ $0.beginLooks(at: .now) }) {
                        group.addTask { await look(at: organisation, failures) }
                    }
                    for (organisation, webhooks) in chosenWebhooks() {
                        group.addTask { await serve(webhooks, of: organisation, failures) }
                    }
                }
                // The end of a look, a poll or a worker wakes the dispatcher.
                let next = hasFreeSlots ? agenda.read { $0.nextLook } : nil
                await agenda.wait(until: next ?? .now + .seconds(60))
            }
        }
    }

    /// Returns a lease that begins now.
    ///
    /// Each lease has its own owner: a worker whose lease has expired cannot act under a later one.
    func lease() -> WebhookLease {
        let (begin, number) = (context.now(), context.pool.leases.wrappingAdd(1, ordering: .relaxed).newValue)
        return WebhookLease(
            owner: "\(server)-\(number)",
            start: begin,
            end: begin.advanced(by: context.leaseDuration)
        )
    }

    /// Finds out which webhooks of an organisation can be leased, and when the others can.
    private func look(at organisation: OrganisationID, _ failures: FailureLog) async {
        do {
            let lease = lease()
            let found = try await context.store.dueWebhooks(in: organisation, for: lease)
            let (start, now) = (lease.start.milliseconds, ContinuousClock.now)
            let due = found.map { found in
                (webhook: found.webhook, due: found.due.map { now + .milliseconds(max(0, $0.milliseconds - start)) })
            }
            agenda.update { $0.endLook(at: organisation, found: due, now: now) }
        } catch {
            agenda.update { $0.failLook(at: organisation, now: .now) }
            if Task.isCancelled { return }
            log(error, of: organisation, failures)
        }
    }

    /// Chooses webhooks that wait for a slot, and acquires their slots.
    private func chosenWebhooks() -> [OrganisationID: [PendingWebhook]] {
        let waiting = agenda.read { $0.waitingWebhooks }
        if waiting.isEmpty {
            context.pool.slots.withLock { _ = $0.choose(from: []) }
            return [:]
        }
        let chosen = context.pool.slots.withLock { $0.choose(from: waiting) }
        agenda.read { $0.start(chosen) }
        return Dictionary(grouping: chosen, by: \.organisation)
    }

    /// Leases webhooks of an organisation, and runs their workers.
    private func serve(
        _ webhooks: [PendingWebhook],
        of organisation: OrganisationID,
        _ failures: FailureLog
    ) async {
        let lease = lease()
        var leased: [LeasedWebhook] = []
        do { leased = try await context.store.leaseWebhooks(webhooks, for: lease) } catch {
            context.pool.slots.withLock { slots in for webhook in webhooks { slots.release(webhook.key) } }
            agenda.update { $0.failLease(of: webhooks, in: organisation, at: .now) }
            if !Task.isCancelled { log(error, of: organisation, failures) }
            return
        }
        let keys = Set(leased.map(\.webhook.key))
        for webhook in webhooks where !keys.contains(webhook.key) { release(webhook.key) }
        await withDiscardingTaskGroup { workers in
            for leased in leased {
                workers.addTask {
                    var worker = WebhookWorker(leased, lease, with: context)
                    await worker.run()
                    release(worker.key)
                }
            }
        }
    }

    /// Releases the slot of a webhook, whose organisation is looked at again.
    private func release(_ webhook: WebhookKey) {
        context.pool.slots.withLock { $0.release(webhook) }
        agenda.update { $0.end(webhook, at: .now) }
    }

    private func log(_ error: any Error, of organisation: OrganisationID, _ failures: FailureLog) {
        failures.warn(
            "cannot find or lease the webhooks of an organisation; retrying",
            ["organisation": .stringConvertible(organisation.number), "cause": "\(error)"]
        )
    }
}
