package import SendLogCore

/// Delivers past sends again: failed deliveries, or all sends of a range.
extension WebhookService {
    /// A range of sends that was chosen for a replay.
    package struct ChosenReplay: Equatable, Sendable {
        /// The number of deliveries that will be made.
        package let queued: Int
        /// The sequence number after which the range begins.
        package let after: SequenceNumber
        /// The sequence number of the last send log of the range.
        package let through: SequenceNumber
    }

    /// Adds a replay to a webhook, which its worker delivers whenever there are no new sends.
    ///
    /// Sends that are still to be delivered anyway are left out. So there are several ranges if the webhook is behind and
    /// was inactive since. With a reserved ID, the replay may have been added, because an earlier attempt at the same
    /// request did so; then its ranges that have not ended are returned.
    ///
    /// - Returns: the range; nothing is added if no deliveries are in it.
    /// - Throws: ``UnknownRecordingTimes``; ``ServiceError/replayRefused(_:)``; ``StoreError/notFound`` for an unknown
    ///   webhook.
    package func replay(
        _ input: ReplayInput,
        of id: WebhookID,
        reserved: SendLogID? = nil,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> ChosenReplay {
        let webhook = try await store.webhook(id, in: organisation)
        if let added = try await combined(webhook.progress.replays.filter { $0.id == reserved }, of: webhook) {
            return added
        }
        if let reason = webhook.reasonAgainst(replays: 1) { throw ServiceError.replayRefused(reason) }
        let after = try await sequence(before: input, in: organisation)
        let nothing = ChosenReplay(queued: 0, after: after, through: after)
        if input.isEmpty(at: now) { return nothing }
        let head = try await organisationStore.organisation(organisation).head.lastSequence
        let through = min(try await sequence(through: input, at: now, in: organisation), head)
        let replay = reserved ?? ids.next(at: now)
        let ranges = webhook.progress.processedRanges(after: after, through: through).map { range in
            let before = SequenceNumber(range.lowerBound.number - 1)
            return ReplayRange(id: replay, kind: input.kind, after: before, through: range.upperBound)
        }
        guard let chosen = try await combined(ranges, of: webhook) else { return nothing }
        if chosen.queued == 0 { return chosen }
        let changed = try await store.setReplays(of: id, in: organisation) { webhook in
            let present = webhook.progress.replays
            let isAdded = present.contains { $0.id == replay }
            return isAdded || webhook.reasonAgainst(replays: ranges.count) != nil ? present : present + ranges
        }
        guard changed.progress.replays.contains(where: { $0.id == replay }) else {
            throw ServiceError.replayRefused(changed.reasonAgainst(replays: ranges.count) ?? "")
        }
        self.changed(organisation)
        return chosen
    }

    /// Returns what the ranges of a replay have together; `nil` if there are none.
    private func combined(_ ranges: [ReplayRange], of webhook: Webhook) async throws -> ChosenReplay? {
        guard let first = ranges.first, let last = ranges.last else { return nil }
        var queued = 0
        for range in ranges { queued += try await count(range, of: webhook) }
        return ChosenReplay(queued: queued, after: first.after, through: last.through)
    }

    /// Cancels the replays of a webhook; deliveries that are due already are still made.
    ///
    /// - Returns: the number of cancelled replays.
    /// - Throws: ``StoreError/notFound`` for an unknown webhook.
    package func cancelReplays(of id: WebhookID, in organisation: OrganisationID) async throws -> Int {
        let count = try await store.webhook(id, in: organisation).progress.replays.count
        if count > 0 { _ = try await store.setReplays(of: id, in: organisation) { _ in [] } }
        return count
    }

    /// Returns the sequence number after which a replay begins.
    private func sequence(before input: ReplayInput, in organisation: OrganisationID) async throws -> SequenceNumber {
        if let after = input.after { return after }
        guard let from = input.from else { return SequenceNumber(0) }
        let earlier = from.advanced(by: -RecordingTime.tolerance)
        if let sample = try await store.lastRecordingTime(before: earlier, in: organisation) { return sample.sequence }
        let first = try await firstRecordingTime(in: organisation)
        if let first, first.sequence.number == 0 { return first.sequence }
        throw UnknownRecordingTimes(field: "from", first: first, kind: input.kind)
    }

    /// Returns the sequence number of the last send log that was recorded up to the end of a replay; the greatest if it
    /// has no end.
    private func sequence(
        through input: ReplayInput,
        at now: Timestamp,
        in organisation: OrganisationID
    ) async throws -> SequenceNumber {
        guard let to = input.to?.advanced(by: RecordingTime.tolerance) else { return SequenceNumber(.max) }
        let (sample, first) = (
            try await store.firstRecordingTime(after: to, in: organisation),
            try await firstRecordingTime(in: organisation)
        )
        let isUnknown = sample == first && first?.sequence.number != 0
        if isUnknown { throw UnknownRecordingTimes(field: "to", first: first, kind: input.kind) }
        // A sample in the future comes from a wrong clock, and may have been taken before the end.
        guard let sample, sample.at <= now.advanced(by: RecordingTime.tolerance) else { return SequenceNumber(.max) }
        return sample.sequence
    }

    private func firstRecordingTime(in organisation: OrganisationID) async throws -> RecordingTime? {
        try await store.recordingTimes(in: organisation, after: SequenceNumber(-1), limit: 1).first
    }

    /// Counts the deliveries that a range makes.
    private func count(_ range: ReplayRange, of webhook: Webhook) async throws -> Int {
        let (organisation, after, through) = (webhook.organisation, range.after, range.through)
        switch range.kind {
        case .failed:
            return try await store.failedDeliveryCount(of: webhook.id, in: organisation, after: after, through: through)
        case .all:
            let campaigns = webhook.definition.campaigns
            func total(_ asOf: SequenceNumber) async throws -> Int {
                let filter = campaigns.isEmpty ? nil : campaigns
                return try await store.search(SendLogSearch(campaigns: filter, limit: 0, asOf: asOf), in: organisation)
                    .total
            }
            // A send log may be deleted between the two.
            return max(0, try await total(through) - total(after))
        }
    }
}

extension Webhook {
    /// Returns the reason, for users, why a number of ranges cannot be added; `nil` if there is none.
    fileprivate func reasonAgainst(replays count: Int) -> String? {
        if !definition.isActive { return "the webhook is not active; activate it first" }
        if progress.pause != nil { return "the webhook is paused; resume it first" }
        if progress.replays.count + count <= ReplayRange.maxPerWebhook { return nil }
        return "limit reached: a webhook can have at most \(ReplayRange.maxPerWebhook) replays at the same time; "
            + "wait until one has ended, or cancel them"
    }
}
