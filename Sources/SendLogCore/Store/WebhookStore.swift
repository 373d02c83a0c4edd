/// A store of webhooks, their cursors and their deliveries.
///
/// There is no queue of pending deliveries: a webhook's pending logs are the send logs after its cursor, by sequence
/// number. So recording costs the same with and without webhooks, and no log is missed.
public protocol WebhookStore: Sendable {
    /// Creates a webhook that delivers the send logs recorded from now on.
    ///
    /// - Throws: ``StoreError/notFound`` if the organisation does not exist; ``StoreError/unavailable(_:detail:)``.
    func createWebhook(
        _ id: WebhookID,
        _ definition: WebhookDefinition,
        secret: WebhookSecret,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> Webhook

    /// Returns the webhooks of an organisation in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func webhooks(in organisation: OrganisationID) async throws(StoreError) -> [Webhook]

    /// Returns the webhook with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func webhook(
        _ id: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook

    /// Changes a webhook on a user's request.
    ///
    /// A webhook that becomes active skips the logs recorded while it was inactive. A paused webhook resumes at its
    /// cursor.
    ///
    /// - Parameters:
    ///   - id: the webhook
    ///   - organisation: the organisation that owns the webhook
    ///   - now: the time of the change
    ///   - change: a closure that changes the webhook in place
    /// - Returns: the webhook after the change.
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func changeWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws(StoreError) -> Webhook

    /// Deletes a webhook and its deliveries.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func deleteWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError)

    /// Returns a page of a webhook's deliveries by descending sequence number of their send logs.
    ///
    /// - Parameters:
    ///   - webhook: the webhook
    ///   - organisation: the organisation that owns the webhook
    ///   - state: the state to filter by; `nil` for all states
    ///   - before: the delivery after which the page begins; `nil` for the first page
    ///   - limit: the largest number of deliveries
    /// - Returns: the deliveries; empty if the webhook does not exist.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func deliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        state: Delivery.State?,
        before: DeliveryID?,
        limit: Int
    ) async throws(StoreError) -> [Delivery]

    /// Returns the delivery with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func delivery(
        _ id: DeliveryID,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery

    /// Changes a delivery without a lease; stores nothing if the webhook no longer exists.
    ///
    /// - Returns: the delivery after the change.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func updateDelivery(
        _ update: DeliveryUpdate,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery

    // MARK: - Leases

    /// Returns webhooks that have pending deliveries and can be leased.
    ///
    /// A webhook has pending deliveries if there are logs after its cursor, or deliveries due for a retry. Held, paused
    /// and leased webhooks are left out.
    ///
    /// - Parameters:
    ///   - lease: the lease that the worker requests
    ///   - limit: the largest number of webhooks
    /// - Returns: the webhooks in rounds: the first round has the least recently leased webhook of every organisation,
    ///   the second round the next one of every organisation, and so on. A round counts healthy and unhealthy webhooks
    ///   separately, and has the healthy ones first.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func pendingWebhooks(for lease: WebhookLease, limit: Int) async throws(StoreError) -> [PendingWebhook]

    /// Leases webhooks to a worker.
    ///
    /// - Parameters:
    ///   - requested: the webhooks to lease
    ///   - lease: the lease's owner and period
    /// - Returns: the webhooks that could still be leased, in any order.
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
    func deleteDeliveries(before moment: Timestamp) async throws(StoreError) -> Int
}
