import Logging
import SendLogCore
import Synchronization

// Attempts, and saving their results.
extension WebhookWorker {
    /// The age in milliseconds, and the number, of unsaved results from which they are saved.
    private static let maxUnsaved = (milliseconds: StartedAttempts.quickAttempt, deliveries: 500)

    /// Makes an attempt.
    ///
    /// - Returns: false if the worker must stop; the attempt does not count then.
    mutating func deliver(_ log: StoredSendLog, _ delivery: Delivery) async throws -> Bool {
        if hasLostLease || isHeldOrPaused || Task.isCancelled { return false }
        let sequence = delivery.id.sequence
        let starts =
            delivery.nextTry.map { started.starts(ofRetry: sequence, dueAt: $0) } ?? started.starts(of: sequence)
        if starts >= StartedAttempts.maxUnfinishedAttempts {
            setAside(delivery)
            // Saves at once: otherwise the store would return the delivery as due again.
            return try await save()
        }
        let isLastAttempt = starts == StartedAttempts.maxUnfinishedAttempts - 1
        if isLastAttempt, try await !awaitLastAttempt() { return false }
        defer { if isLastAttempt { context.pool.endLastAttempt() } }
        let isRepeated = delivery.tries > 0
        let before = started
        do {
            if starts > 0 {
                started.begin(sequence, starts: starts + 1)
                guard try await save() else { return false }
            } else {
                // The batch of a lease covers `batchSize` sequence numbers after the saved cursor. Beyond them, the
                // cursor must be saved before the attempt.
                let isBehindBatch = saved.cursor.distance(to: sequence) > saved.batchSize
                guard try await save(ifNeeded: !isBehindBatch) else { return false }
            }
            guard try await attempt(log, delivery) else {
                // The server is shutting down gracefully, so this start is not an unfinished attempt.
                started = before
                return false
            }
        } catch {
            // A database failure does not count as an unfinished attempt either.
            started = before
            throw error
        }
        started.end(sequence)
        // Saves the result of a retry at once; those of replays, of which there may be many, are saved together.
        return isRepeated || isLastAttempt ? try await save() : true
    }

    /// Makes an attempt and records its result.
    ///
    /// - Returns: false if the server is stopping.
    private mutating func attempt(_ log: StoredSendLog, _ delivery: Delivery) async throws -> Bool {
        var send = try WebhookSend(log, campaignName: nil, of: webhook.organisation)
        if webhook.definition.usesCampaignName, let id = send.campaignID {
            send.campaignName = try await store.campaignNames(of: [id], in: webhook.organisation)[id]
        }
        guard let attempt = await context.client.attempt(webhook, send, as: delivery.id, at: now()) else {
            return false
        }
        let nextTry = webhook.progress.record(attempt, of: delivery, context.schedule, at: now())
        unsaved.append(DeliveryUpdate(delivery, attempt, .automatic(nextTry: nextTry)))
        started.record(duration: attempt.duration)
        context.pool.slots.withLock { $0.record(key, isHealthy: webhook.progress.isHealthy) }
        if let pause = webhook.progress.pause {
            context.logger.warning(
                "a webhook is paused",
                metadata: [
                    "event": "webhook.paused", "webhook": "\(webhook.id)", "name": "\(webhook.definition.name)",
                    "organisation": .stringConvertible(webhook.organisation.number), "reason": "\(pause.reason)",
                ]
            )
        }
        return true
    }

    /// Waits until no other worker makes a last attempt.
    ///
    /// - Returns: false if the worker must stop; otherwise ``WorkerPool/endLastAttempt()`` must follow.
    private mutating func awaitLastAttempt() async throws -> Bool {
        while !context.pool.beginLastAttempt() {
            if Task.isCancelled || hasUsedSlotTime { return false }
            guard try await save(ifNeeded: true) else { return false }
            try? await Task.sleep(for: Self.interval)
        }
        return true
    }

    /// Marks a delivery as failed because the server crashed or was killed during each of its attempts.
    private mutating func setAside(_ delivery: Delivery) {
        context.logger.error(
            "a delivery is set aside: the server crashed or was killed during each of its attempts",
            metadata: ["webhook": "\(webhook.id)", "delivery": "\(delivery.id)"]
        )
        abandon(
            delivery,
            "not attempted again: the server crashed during \(StartedAttempts.maxUnfinishedAttempts) attempts of this delivery"
        )
    }

    /// Loads changes that users made to the webhook meanwhile.
    ///
    /// - Returns: false if the lease is lost.
    mutating func refresh() async throws -> Bool {
        if hasLostLease { return false }
        do throws(StoreError) {
            let current = try await store.webhook(webhook.id, in: webhook.organisation)
            if current.version == webhook.version { return true }
        } catch {
            guard error == .notFound else { throw error }
        }
        return try await save()
    }

    /// Saves unsaved results and renews the lease.
    ///
    /// - Parameter ifNeeded: whether to save only if there are many results, if they are old, or if the lease ends soon
    /// - Returns: false if the lease is lost.
    /// - Throws: ``StoreError``.
    mutating func save(ifNeeded: Bool = false) async throws -> Bool {
        if hasLostLease { return false }
        let age = now().milliseconds - savedAt.milliseconds
        let isNeeded =
            unsaved.count >= Self.maxUnsaved.deliveries
            || (!unsaved.isEmpty && age >= Self.maxUnsaved.milliseconds)
            || now().milliseconds > leaseEnd.milliseconds - context.leaseRenewalMargin
        if ifNeeded, !isNeeded { return true }
        return try await save(isReleasing: false)
    }

    /// Saves unsaved results, and renews or releases the lease.
    ///
    /// - Returns: false if the lease is lost.
    /// - Throws: ``StoreError``.
    mutating func save(isReleasing: Bool) async throws -> Bool {
        leaseEnd = now().advanced(by: context.leaseDuration)
        let report = WebhookReport(
            owner: owner,
            version: webhook.version,
            progress: webhook.progress,
            updates: unsaved,
            started: started,
            leaseEnd: isReleasing ? nil : leaseEnd
        )
        let (store, id, organisation) = (store, webhook.id, webhook.organisation)
        // An unstructured task is not cancelled with the worker: the results of attempts must be saved.
        let current = try await Task { try await store.save(report, of: id, in: organisation) }.value
        unsaved.removeAll(keepingCapacity: true)
        savedAt = now()
        guard let current else {
            hasLostLease = true
            return false
        }
        // The send logs were read before the webhook changed.
        if current.version != webhook.version { logs = [] }
        webhook = current
        saved = (current.progress.cursor, report.started.batchSize)
        return true
    }
}
