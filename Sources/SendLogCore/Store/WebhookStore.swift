/// Keeps webhooks, how far each has come, and what became of its deliveries.
///
/// What a webhook has to tell is not written anywhere else: it is the send logs behind the one that it told last, in the
/// order of recording, which were recorded with their places in it. So recording costs no more with webhooks than
/// without, and none is forgotten.
public protocol WebhookStore: Sendable {
    /// Adds a webhook, which tells what is recorded from now on.
    ///
    /// - Throws: ``StoreError/notFound`` without the organisation; ``StoreError/unavailable(_:detail:)``.
    func createWebhook(
        _ id: WebhookID,
        _ definition: WebhookDefinition,
        secret: WebhookSecret,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> Webhook

    /// The webhooks of an organisation, in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func webhooks(in organisation: OrganisationID) async throws(StoreError) -> [Webhook]

    /// One webhook.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func webhook(
        _ id: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook

    /// Changes a webhook as people ask it.
    ///
    /// A webhook that is made active goes on behind what is recorded at that moment; one that was paused resumes where it stopped.
    ///
    /// - Parameters:
    ///   - id: which
    ///   - organisation: whose it is
    ///   - now: when
    ///   - change: what it is to be, of what it is
    /// - Returns: the webhook as it is now.
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func changeWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws(StoreError) -> Webhook

    /// Ends a webhook, and forgets its deliveries.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func deleteWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError)

    /// Deliveries of a webhook, those of the last sends first.
    ///
    /// - Parameters:
    ///   - webhook: whose deliveries
    ///   - organisation: whose webhook
    ///   - state: which alone are wanted
    ///   - before: the delivery behind which the page begins
    ///   - limit: how many at most
    /// - Returns: the deliveries; none for a webhook that is not there.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func deliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        state: Delivery.State?,
        before: DeliveryID?,
        limit: Int
    ) async throws(StoreError) -> [Delivery]

    /// One delivery.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func delivery(
        _ id: DeliveryID,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery

    /// Saves a delivery that was made without a lease; of a webhook that is gone, nothing.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func saveDelivery(
        _ delivery: Delivery,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError)

    // MARK: - Leases

    /// Webhooks that have something to deliver, and may be leased.
    ///
    /// - Parameters:
    ///   - lease: the lease that is wanted
    ///   - limit: how many at most
    /// - Returns: webhooks with logs behind their cursors or with deliveries that are due, none of them held, paused or leased.
    ///   Of each organisation one comes first, that which was leased longest ago, then a second one of each, and so on; of
    ///   these the healthy ones come first.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func pendingWebhooks(for lease: WebhookLease, limit: Int) async throws(StoreError) -> [PendingWebhook]

    /// Leases webhooks.
    ///
    /// - Parameters:
    ///   - wanted: which
    ///   - lease: for whom, and until when
    /// - Returns: those that were still to be had, in any order.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func leaseWebhooks(_ wanted: [PendingWebhook], for lease: WebhookLease) async throws(StoreError) -> [LeasedWebhook]

    /// Deliveries that are to be tried again by now, in the order of recording.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func dueDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        most: Int
    ) async throws(StoreError) -> [Delivery]

    /// Saves what a worker did, and renews or releases its lease.
    ///
    /// - Returns: the webhook as it is now; `nil` if the worker must stop: it is gone, not active, or leased to another.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func save(
        _ report: WebhookReport,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook?

    /// Forgets deliveries that were made before a moment and are not to be tried again.
    ///
    /// - Returns: how many, of which there may be more.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func forgetDeliveries(before moment: Timestamp) async throws(StoreError) -> Int
}
