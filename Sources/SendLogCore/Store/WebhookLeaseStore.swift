/// Leases webhooks to the workers that deliver them, and saves what the workers report.
public protocol WebhookLeaseStore: Sendable {
    /// Returns webhooks that have pending deliveries and can be leased.
    ///
    /// A webhook has pending deliveries if there are logs after its cursor, deliveries due for a retry, or replays. Held,
    /// paused and leased webhooks are left out.
    ///
    /// - Parameters:
    ///   - lease: the lease that the worker requests
    ///   - limit: the largest number of webhooks
    /// - Returns: the webhooks in rounds: the first round has the least recently leased webhook of every organisation,
    ///   the second round the next one of every organisation, and so on. A round counts healthy and unhealthy webhooks
    ///   separately, and has the healthy ones first.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func pendingWebhooks(for lease: WebhookLease, limit: Int) async throws(StoreError) -> [PendingWebhook]

    /// Returns the webhooks of an organisation that are active and not paused, and from when on each can be leased.
    ///
    /// - Parameters:
    ///   - organisation: the organisation
    ///   - lease: the lease that a worker requests
    /// - Returns: the webhooks, the least recently leased one first; those that can be leased now have a time up to the
    ///   lease's start.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func dueWebhooks(in organisation: OrganisationID, for lease: WebhookLease) async throws(StoreError) -> [DueWebhook]

    /// Leases the poll for pending webhooks of all organisations to a server, or renews or ends its lease.
    ///
    /// A lease that ends when it starts ends the lease of its owner.
    ///
    /// - Returns: whether the owner has the lease now; `false` if another server has it.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func leaseWebhookPoll(_ lease: WebhookLease) async throws(StoreError) -> Bool

    /// Leases webhooks to a worker.
    ///
    /// - Parameters:
    ///   - requested: the webhooks to lease
    ///   - lease: the lease's owner and period
    /// - Returns: the webhooks that could still be leased and still have pending deliveries, in any order.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func leaseWebhooks(_ requested: [PendingWebhook], for lease: WebhookLease) async throws(StoreError)
        -> [LeasedWebhook]

    /// Returns the deliveries whose retry is due, by ascending sequence number.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func dueDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [Delivery]

    /// Returns the failed deliveries of sends in a range, without tests, by ascending sequence number.
    ///
    /// - Parameters:
    ///   - webhook: the webhook
    ///   - organisation: the organisation that owns the webhook
    ///   - after: the sequence number after which the range begins
    ///   - through: the last sequence number of the range
    ///   - limit: the largest number of deliveries
    /// - Returns: the deliveries; empty if the webhook does not exist.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func failedDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        after: SequenceNumber,
        through: SequenceNumber,
        limit: Int
    ) async throws(StoreError) -> [Delivery]

    /// Saves a worker's report, and renews or releases its lease.
    ///
    /// - Returns: the webhook after the change; `nil` if the worker must stop, because the webhook was deleted, is not
    ///   active, or is leased to another worker.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func save(
        _ report: WebhookReport,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook?

    /// Deletes deliveries that were created before a time and have no retry scheduled.
    ///
    /// - Returns: the number of deleted deliveries; a call deletes a limited number, so call again until it is 0.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func deleteDeliveries(before timestamp: Timestamp) async throws(StoreError) -> Int
}
