/// A store of webhooks, their cursors and their deliveries, for the API and the console; workers use
/// ``WebhookLeaseStore``.
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
    func webhook(_ id: WebhookID, in organisation: OrganisationID) async throws(StoreError) -> Webhook

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

    /// Replaces the replays of a webhook on a user's request, and changes nothing else of it, not even its version.
    ///
    /// - Parameters:
    ///   - id: the webhook
    ///   - organisation: the organisation that owns the webhook
    ///   - replays: returns the new replays of the webhook
    /// - Returns: the webhook after the change.
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func setReplays(
        of id: WebhookID,
        in organisation: OrganisationID,
        _ replays: @escaping @Sendable (Webhook) -> [ReplayRange]
    ) async throws(StoreError) -> Webhook

    /// Deletes a webhook and its deliveries.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func deleteWebhook(_ id: WebhookID, in organisation: OrganisationID) async throws(StoreError)

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

    /// Returns the number of failed deliveries of sends in a range, without tests.
    ///
    /// - Parameters:
    ///   - webhook: the webhook
    ///   - organisation: the organisation that owns the webhook
    ///   - after: the sequence number after which the range begins
    ///   - through: the last sequence number of the range
    /// - Returns: the number; 0 if the webhook does not exist.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func failedDeliveryCount(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        after: SequenceNumber,
        through: SequenceNumber
    ) async throws(StoreError) -> Int

    /// Returns the number of failed deliveries of each webhook of an organisation that has some, without tests.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func failedDeliveryCounts(in organisation: OrganisationID) async throws(StoreError) -> [WebhookID: Int]

    /// Returns the state of the first webhooks of all organisations, by organisation and ID.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func webhookGauges(limit: Int) async throws(StoreError) -> [WebhookGauges]

    /// Counts the webhooks of all organisations, and those that are paused or delayed at a time.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func webhookCounts(at now: Timestamp) async throws(StoreError) -> WebhookCounts

    /// Changes a delivery without a lease; stores nothing if the webhook no longer exists.
    ///
    /// - Returns: the delivery after the change.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func updateDelivery(
        _ update: DeliveryUpdate,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery
}
