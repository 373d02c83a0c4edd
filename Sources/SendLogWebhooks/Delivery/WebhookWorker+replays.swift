import SendLogCore

// Replays: past sends whose deliveries become due again on a user's request.
extension WebhookWorker {
    /// The maximum number of deliveries that become due at a time.
    ///
    /// They take one turn or little more, so new sends wait no longer than behind other retries.
    private static let maxReplayed = 50

    /// Makes the next deliveries of the first replay due, and advances the replay in the same transaction.
    ///
    /// Called when there are neither new sends nor due retries. The deliveries then follow the path of all retries, with
    /// its schedule, its holds, and its protection against deliveries that crash the server.
    ///
    /// - Returns: the number of sends that were examined.
    mutating func continueReplay() async throws -> Int {
        guard let index = webhook.progress.replays.firstIndex(where: { !$0.isFinished }) else { return 0 }
        isReplaying = true
        let range = webhook.progress.replays[index]
        let (updates, end) =
            switch range.kind {
            case .failed: try await failedDeliveries(of: range)
            case .all: try await deliveries(of: range)
            }
        webhook.progress.replays[index].position = min(end, range.through)
        unsaved += updates
        // Without deliveries, the position is saved with the lease.
        let isNeeded = !updates.isEmpty || webhook.progress.replays[index].isFinished
        return try await save(ifNeeded: !isNeeded) ? max(1, updates.count) : 0
    }

    /// Returns the updates for the next failed deliveries of a range, and the sequence number up to which they are all.
    private func failedDeliveries(of range: ReplayRange) async throws -> ([DeliveryUpdate], SequenceNumber) {
        let found = try await store.failedDeliveries(
            of: webhook.id,
            in: webhook.organisation,
            after: range.position,
            through: range.through,
            limit: Self.maxReplayed
        )
        let last = found.count < Self.maxReplayed ? nil : found.last?.id.sequence
        return (found.map { DeliveryUpdate(replaying: $0, range.kind, at: now()) }, last ?? range.through)
    }

    /// Returns the updates for the next send logs of a range that match the webhook, without deleted ones, and the
    /// sequence number up to which they are all.
    private func deliveries(of range: ReplayRange) async throws -> ([DeliveryUpdate], SequenceNumber) {
        let read = try await store.sendLogs(after: range.position, in: webhook.organisation, limit: Self.maxReplayed)
        var updates: [DeliveryUpdate] = []
        for log in read.logs where log.sequence <= range.through {
            guard let ids = Self.ids(of: log), webhook.matches(ids.campaign) else { continue }
            let delivery = Delivery(id: DeliveryID(log.sequence), send: ids.send, created: now(), state: .waiting)
            updates.append(DeliveryUpdate(replaying: delivery, range.kind, at: now()))
        }
        return (updates, read.end)
    }

    /// Returns the IDs of a send log; `nil` if its record is damaged.
    static func ids(of log: StoredSendLog) -> (campaign: CampaignID, send: SendLogID)? {
        log.record.withUnsafeBufferPointer { record in
            guard let fields = RecordFields(record), let campaign = CampaignID(utf8: fields.campaignID),
                let send = SendLogID(utf8: fields.id)
            else { return nil }
            return (campaign, send)
        }
    }
}
