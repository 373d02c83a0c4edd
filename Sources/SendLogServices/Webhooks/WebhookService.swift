import Foundation
package import SendLogCore

/// What users do with webhooks, by the API or the console: create, change, test, redeliver.
///
/// Callers list and delete webhooks with ``store`` directly.
package struct WebhookService: Sendable {
    package let store: any LogReader & CampaignStore & WebhookStore & RecordingTimeStore
    let organisationStore: any OrganisationStore
    private let client: any WebhookClient
    let ids: SendLogIDSource
    /// Is called with the organisation after a change that may give a webhook something to deliver.
    let changed: @Sendable (OrganisationID) -> Void
    /// The state of webhooks for metrics.
    package let gauges: WebhookGaugeCache

    /// The limit of concurrent tests and redeliveries.
    ///
    /// Each of them may hold several copies of a message for as long as the receiver takes.
    private let manualAttempts = ConcurrencyLimit(
        of: "tests and redeliveries of webhooks",
        (total: 64, perOrganisation: 16)
    )

    /// The time after a rotation during which requests are also signed with the former secret, in milliseconds.
    package static let rotationGracePeriod = Day.milliseconds
    /// The maximum number of secrets of a webhook, including former secrets.
    private static let maxSecrets = 10

    package init(
        store: any LogReader & CampaignStore & WebhookStore & RecordingTimeStore,
        organisationStore: any OrganisationStore,
        client: any WebhookClient,
        ids: SendLogIDSource,
        maxMetrics: Int,
        changed: @escaping @Sendable (OrganisationID) -> Void = { _ in },
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.changed = changed
        self.organisationStore = organisationStore
        self.client = client
        self.ids = ids
        gauges = WebhookGaugeCache(store: store, limit: maxMetrics, clock: now)
    }

    /// The counts of attempts since the start of the server.
    package var attempts: AttemptTallies { client.tallies }

    /// Creates a webhook.
    ///
    /// With a reserved ID, the webhook may exist, because an earlier attempt at the same request created it.
    ///
    /// - Returns: the webhook and its secret; callers show the secret once.
    /// - Throws: ``InvalidInput`` if the organisation has the maximum number of webhooks; ``StoreError``.
    package func create(
        _ input: WebhookInput,
        reserved: SendLogID? = nil,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> (webhook: Webhook, secret: WebhookSecret) {
        guard let id = WebhookID((reserved ?? ids.next(at: now)).text) else {
            throw StoreError.corrupted(detail: "the id of a new webhook is invalid")
        }
        let present = try await store.webhooks(in: organisation)
        if let webhook = present.first(where: { $0.id == id }), let secret = webhook.secrets.last {
            return (webhook, secret)
        }
        guard present.count < WebhookDefinition.maxPerOrganisation else {
            let most = WebhookDefinition.maxPerOrganisation
            let message = "limit reached: an organisation can have at most \(most) webhooks"
            throw InvalidInput([InputIssue(path: "", message: message, isSentence: true)])
        }
        let secret = WebhookSecret(text: input.secret ?? Self.randomSecret(), created: now)
        let webhook = try await store.createWebhook(id, input.definition, secret: secret, in: organisation, at: now)
        changed(organisation)
        return (webhook, secret)
    }

    /// Changes those fields of a webhook that are members of a JSON object; see ``WebhookInput``.
    ///
    /// - Returns: the changed webhook, and its new secret, if any.
    /// - Throws: ``InvalidInput``; ``StoreError``.
    package func change(
        _ id: WebhookID,
        _ json: JSONValue,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> (webhook: Webhook, secret: WebhookSecret?) {
        // Another request may change the webhook between the read and the write. A retry keeps the fields that it
        // changed.
        for _ in 0..<10 {
            let present = try await store.webhook(id, in: organisation)
            let input = try WebhookInput(json, changing: present.definition)
            let changed = try await change(id, input, ofVersion: present.version, in: organisation, at: now)
            if changed.webhook.version == present.version + 1 { return changed }
        }
        throw StoreError.unavailable(.overloaded, detail: "a webhook was updated by other requests during 10 attempts")
    }

    /// Replaces the whole definition of a webhook if it has the given version; `nil` for any version.
    ///
    /// Otherwise the webhook stays unchanged.
    ///
    /// - Returns: the webhook after the change, and its new secret, if any.
    /// - Throws: ``StoreError``.
    package func change(
        _ id: WebhookID,
        _ input: WebhookInput,
        ofVersion version: Int? = nil,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> (webhook: Webhook, secret: WebhookSecret?) {
        let text = input.secret ?? (input.rotatesSecret ? Self.randomSecret() : nil)
        let secret = text.map { WebhookSecret(text: $0, created: now) }
        let webhook = try await store.changeWebhook(id, in: organisation, at: now) { webhook in
            guard version == nil || webhook.version == version else { return }
            webhook.definition = input.definition
            if let secret { webhook.secrets = Self.secrets(secret, before: webhook.secrets, at: now) }
        }
        changed(organisation)
        return (webhook, secret)
    }

    /// Returns a new text of a secret: `whsec_` and 32 random bytes in Base64.
    private static func randomSecret() -> String {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return "whsec_\(Data(bytes).base64EncodedString())"
    }

    /// Returns a new secret, followed by the former secrets that requests are still signed with.
    private static func secrets(_ secret: WebhookSecret, before: [WebhookSecret], at now: Timestamp) -> [WebhookSecret]
    {
        let end = Timestamp(milliseconds: now.milliseconds + rotationGracePeriod)
        let former = before.filter { $0.text != secret.text && ($0.expires ?? .latest) > now }
            .map { WebhookSecret(text: $0.text, created: $0.created, expires: $0.expires ?? end) }
        return [secret] + former.prefix(maxSecrets - 1)
    }

    /// Returns the status of each webhook of an organisation, in their order.
    ///
    /// - Throws: ``StoreError``.
    package func statuses(of webhooks: [Webhook], in organisation: OrganisationID) async throws -> [WebhookStatus] {
        let failed = webhooks.isEmpty ? [:] : try await store.failedDeliveryCounts(in: organisation)
        return zip(webhooks, try await backlogs(of: webhooks, in: organisation)).map { webhook, behind in
            WebhookStatus(behind: behind, failed: failed[webhook.id] ?? 0)
        }
    }

    /// Returns the status of a webhook.
    ///
    /// - Throws: ``StoreError``.
    package func status(of webhook: Webhook) async throws -> WebhookStatus {
        let (first, last) = (SequenceNumber(-1), SequenceNumber(.max))
        let failed = try await store.failedDeliveryCount(
            of: webhook.id,
            in: webhook.organisation,
            after: first,
            through: last
        )
        return WebhookStatus(behind: try await backlogs(of: [webhook], in: webhook.organisation)[0], failed: failed)
    }

    /// Returns the number of send logs that each webhook of an organisation has not processed yet, in their order.
    ///
    /// - Throws: ``StoreError``.
    private func backlogs(of webhooks: [Webhook], in organisation: OrganisationID) async throws -> [Int] {
        let head = try await organisationStore.organisation(organisation).head
        var (backlogs, counted): ([Int], [[ClosedRange<SequenceNumber>]: Int]) = ([], [:])
        for webhook in webhooks {
            let ranges = webhook.pendingRanges(to: head.lastSequence)
            if head.hasGaps, !ranges.isEmpty {
                // Most webhooks have the same ranges.
                if counted[ranges] == nil {
                    counted[ranges] = try await store.sendLogCount(in: ranges, of: organisation)
                }
                backlogs.append(counted[ranges] ?? 0)
            } else {
                backlogs.append(ranges.reduce(0) { $0 + Int($1.upperBound.number - $1.lowerBound.number) + 1 })
            }
        }
        return backlogs
    }

    /// Returns a send to test a webhook with.
    ///
    /// Without an ID, it is the last send of the webhook's campaigns, or a sample if there is none.
    ///
    /// - Returns: the send, and its sequence number, 0 for a sample.
    /// - Throws: ``StoreError/notFound`` for an unknown ID.
    package func send(
        _ id: SendLogID?,
        of campaigns: [CampaignID],
        in organisation: OrganisationID
    ) async throws -> (send: WebhookSend, sequence: SequenceNumber)? {
        let log: StoredSendLog
        if let id {
            log = try await store.sendLog(id, in: organisation)
        } else {
            let search = SendLogSearch(campaigns: campaigns.isEmpty ? nil : campaigns, limit: 1)
            let rows = try await store.search(search, in: organisation).rows
            guard let row = rows.rows.first else { return WebhookSend.sample.map { ($0, SequenceNumber(0)) } }
            let record = Array(rows.text[row.record])
            log = StoredSendLog(sequence: row.sequence, record: record, destinations: row.destinations)
        }
        return (try await self.send(log, in: organisation), log.sequence)
    }

    private func send(_ log: StoredSendLog, in organisation: OrganisationID) async throws -> WebhookSend {
        let plain = try WebhookSend(log, campaignName: nil, of: organisation)
        guard let id = plain.campaignID, let name = try await store.campaignNames(of: [id], in: organisation)[id] else {
            return plain
        }
        return try WebhookSend(log, campaignName: name, of: organisation)
    }

    /// Sends a test request for a send at once, even if the webhook is inactive, and saves it as a delivery.
    ///
    /// - Throws: ``StoreError/notFound`` for an unknown webhook or send.
    package func test(
        _ id: WebhookID,
        with send: SendLogID?,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> Delivery {
        let webhook = try await store.webhook(id, in: organisation)
        guard let (send, sequence) = try await self.send(send, of: webhook.definition.campaigns, in: organisation),
            let sendID = send.id
        else { throw StoreError.corrupted(detail: "a send has no id") }
        let deliveryID = DeliveryID(sequence, test: now.milliseconds)
        let delivery = Delivery(id: deliveryID, send: sendID, created: now, state: .failed)
        return try await attempt(delivery, send, webhook, isManual: false, at: now)
    }

    /// Attempts a delivery at once, outside its retry schedule.
    ///
    /// - Throws: ``StoreError/notFound`` for an unknown webhook or delivery; ``ServiceError/sendLogDeleted``.
    package func redeliver(
        _ id: DeliveryID,
        of webhook: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> Delivery {
        let delivery = try await store.delivery(id, of: webhook, in: organisation)
        let webhook = try await store.webhook(webhook, in: organisation)
        if id.sequence.number == 0, let sample = WebhookSend.sample {
            return try await attempt(delivery, sample, webhook, at: now)
        }
        let log: StoredSendLog
        do throws(StoreError) { log = try await store.sendLog(delivery.send, in: organisation) } catch {
            throw error == .notFound ? ServiceError.sendLogDeleted : error
        }
        // Another send log may have been recorded under the ID of a deleted one.
        guard log.sequence == id.sequence else { throw ServiceError.sendLogDeleted }
        return try await attempt(delivery, try await send(log, in: organisation), webhook, at: now)
    }

    private func attempt(
        _ delivery: Delivery,
        _ send: WebhookSend,
        _ webhook: Webhook,
        isManual: Bool = true,
        at now: Timestamp
    ) async throws -> Delivery {
        let attempt = try await manualAttempts.run(for: webhook.organisation) {
            await client.attempt(webhook, send, as: delivery.id, at: now)
        }
        guard let attempt else { throw StoreError.unavailable(.closed, detail: "the server is shutting down") }
        // A webhook worker may have attempted the delivery meanwhile; a test is attempted only here.
        let kind = isManual ? Delivery.AttemptKind.manual : .automatic(nextTry: nil)
        let update = DeliveryUpdate(delivery, attempt, kind)
        return try await store.updateDelivery(update, of: webhook.id, in: webhook.organisation)
    }
}
