import Logging
import SendLogCore

// A worker's attempts, and what it saves of them.
extension WebhookWorker {
    /// After so many milliseconds, or deliveries, what was done is saved.
    private static let maxUnsaved = (milliseconds: StartedAttempts.quickAttempt, deliveries: 500)

    /// Makes an attempt.
    ///
    /// - Returns: false if the worker must stop, and the attempt does not count.
    mutating func deliver(_ log: StoredSendLog, _ delivery: Delivery) async throws -> Bool {
        if isLost || isResting || Task.isCancelled { return false }
        let sequence = delivery.id.sequence
        let starts =
            delivery.nextTry.map { started.starts(ofRetry: sequence, dueAt: $0) } ?? started.starts(of: sequence)
        if starts >= StartedAttempts.maxStarts {
            setAside(delivery)
            // Or it would be found due again.
            return try await save()
        }
        let isLastAttempt = starts == StartedAttempts.maxStarts - 1
        if isLastAttempt, try await !awaitLastAttempt() { return false }
        defer { if isLastAttempt { tools.pool.endLastAttempt() } }
        let isRepeated = delivery.tries > 0
        let before = started
        do {
            if starts > 0 {
                started.begin(sequence, starts: starts + 1)
                guard try await save() else { return false }
            } else {
                // A lease stands for so many sequence numbers behind the cursor as it is saved.
                let isBehindBatch = saved.cursor.distance(to: sequence) > saved.batchSize
                guard try await save(ifNeeded: !isBehindBatch) else { return false }
            }
            guard try await attempt(log, delivery) else {
                // The server stops in order, and did not die.
                started = before
                return false
            }
        } catch {
            // Nor did it die of a database that was away.
            started = before
            throw error
        }
        started.end(sequence)
        // A retry at once, so that it does not overwrite what somebody does by hand later.
        return isRepeated || isLastAttempt ? try await save() : true
    }

    /// Makes an attempt and notes its result.
    ///
    /// - Returns: false if the server stops.
    private mutating func attempt(_ log: StoredSendLog, _ delivery: Delivery) async throws -> Bool {
        let campaign = webhook.definition.namesCampaign ? try await campaignName(of: log) : nil
        let send = try WebhookSend(log, campaignName: campaign, of: webhook.organisation)
        guard let attempt = await tools.client.attempt(webhook, send, as: delivery.id, at: now()) else { return false }
        var delivery = delivery
        // Somebody may have redelivered it meanwhile, which is then its result.
        if delivery.tries > 0,
            let present = try? await store.delivery(delivery.id, of: webhook.id, in: webhook.organisation)
        {
            delivery = present
        }
        let isDelivered = delivery.state == .delivered
        delivery.add(attempt)
        webhook.progress.note(attempt, of: &delivery, tools.schedule, at: now())
        if isDelivered { (delivery.state, delivery.nextTry) = (.delivered, nil) }
        unsaved.append(delivery)
        started.note(duration: attempt.duration)
        tools.pool.note(key, isHealthy: webhook.progress.isHealthy)
        if let pause = webhook.progress.pause {
            tools.logger.warning(
                "a webhook is paused",
                metadata: [
                    "webhook": "\(webhook.id)", "name": "\(webhook.definition.name)",
                    "organisation": "\(webhook.organisation.number)", "reason": "\(pause.reason)",
                ]
            )
        }
        return true
    }

    private func campaignName(of log: StoredSendLog) async throws -> CampaignName? {
        let send = try WebhookSend(log, campaignName: nil, of: webhook.organisation)
        guard let id = send.campaignID else { return nil }
        return try await store.campaignNames(of: [id], in: webhook.organisation)[id]
    }

    /// Waits until no other worker makes a last attempt.
    ///
    /// - Returns: false if the worker must stop; otherwise ``WorkerPool/endLastAttempt()`` must follow.
    private mutating func awaitLastAttempt() async throws -> Bool {
        while !tools.pool.beginLastAttempt() {
            if Task.isCancelled || isTurnOver { return false }
            guard try await save(ifNeeded: true) else { return false }
            try? await Task.sleep(for: Self.interval)
        }
        return true
    }

    /// Ends a delivery during whose attempts the server ended too often.
    private mutating func setAside(_ delivery: Delivery) {
        tools.logger.error(
            "a delivery is set aside: the server ended during each of its attempts",
            metadata: ["webhook": "\(webhook.id)", "delivery": "\(delivery.id)"]
        )
        var delivery = delivery
        let problem =
            "not attempted again: the server ended during \(StartedAttempts.maxStarts) attempts of this delivery"
        delivery.add(DeliveryAttempt(at: now(), duration: 0, problem: problem), isAsked: true)
        (delivery.state, delivery.nextTry) = (.failed, nil)
        unsaved.append(delivery)
        started.end(delivery.id.sequence)
    }

    /// Takes what people changed meanwhile.
    ///
    /// - Returns: false if the lease is lost.
    mutating func refresh() async throws -> Bool {
        if isLost { return false }
        do throws(StoreError) {
            let present = try await store.webhook(webhook.id, in: webhook.organisation)
            if present.version == webhook.version { return true }
        } catch {
            guard error == .notFound else { throw error }
        }
        return try await save()
    }

    /// Saves what was done, and renews the lease, if there is enough of it, or enough time has passed.
    ///
    /// - Returns: false if the lease is lost.
    mutating func save(ifNeeded: Bool = false) async throws -> Bool {
        if isLost { return false }
        let age = now().milliseconds - savedAt.milliseconds
        let isNeeded =
            unsaved.count >= Self.maxUnsaved.deliveries
            || (!unsaved.isEmpty && age >= Self.maxUnsaved.milliseconds)
            || now().milliseconds > leaseEnd.milliseconds - tools.leaseReserve
        if ifNeeded, !isNeeded { return true }
        return try await save(isReleasing: false)
    }

    /// Saves what was done, and renews or releases the lease.
    ///
    /// - Returns: false if the lease is lost.
    mutating func save(isReleasing: Bool) async throws -> Bool {
        leaseEnd = now().later(by: tools.leaseDuration)
        let report = WebhookReport(
            owner: owner,
            version: webhook.version,
            progress: webhook.progress,
            deliveries: unsaved,
            started: started,
            leaseEnd: isReleasing ? nil : leaseEnd
        )
        let (store, id, organisation) = (store, webhook.id, webhook.organisation)
        // Not cancelled with the worker: what was delivered is to be known.
        let present = try await Task { try await store.save(report, of: id, in: organisation) }.value
        unsaved.removeAll(keepingCapacity: true)
        savedAt = now()
        guard let present else {
            isLost = true
            return false
        }
        if present.version != webhook.version { dropRead() }
        webhook = present
        saved = (present.progress.cursor, report.started.batchSize)
        return true
    }
}
