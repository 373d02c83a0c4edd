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

    /// Keeps a delivery that was made outside a lane; of a webhook that is gone, nothing.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func saveDelivery(
        _ delivery: Delivery,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError)

    // MARK: - Lanes

    /// Takes webhooks that have something to tell, for one worker alone until a moment.
    ///
    /// - Parameters:
    ///   - holder: who takes them, unique among all servers
    ///   - now: the time
    ///   - end: until when nobody else takes them
    ///   - most: how many at most
    /// - Returns: webhooks with logs behind the last told or with deliveries that are due, none of them held, paused or taken.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func takeWebhooks(
        for holder: String,
        at now: Timestamp,
        until end: Timestamp,
        most: Int
    ) async throws(StoreError) -> [Webhook]

    /// Deliveries that are to be tried again by now, in the order of recording.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func dueDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        most: Int
    ) async throws(StoreError) -> [Delivery]

    /// Keeps what a worker did, and gives the webhook back where the report says so.
    ///
    /// - Returns: the webhook as it is now; `nil` where the worker must stop: it is gone, not active, or another has taken it.
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
