package import SendLogCore

/// What people do with webhooks, by the API and in the console.
package struct WebhookService: Sendable {
    package let store: any SendLogStore & CampaignStore & WebhookStore
    private let directory: any Directory
    private let client: any WebhookClient
    private let ids: SendLogIDSource

    /// Tests and redeliveries that are under way: each may hold a message several times for as long as a receiver takes.
    private let manualAttempts = ConcurrencyLimit(
        of: "tests and redeliveries of webhooks",
        (total: 64, perOrganisation: 16)
    )

    /// For how long requests are signed with the former secret too, once there is another, in milliseconds: a day.
    package static let rotation: Int64 = 86_400_000
    /// How many secrets a webhook has at most, the former ones among them.
    private static let mostSecrets = 10

    package init(
        store: any SendLogStore & CampaignStore & WebhookStore,
        directory: any Directory,
        client: any WebhookClient,
        ids: SendLogIDSource
    ) {
        self.store = store
        self.directory = directory
        self.client = client
        self.ids = ids
    }

    /// Makes a webhook.
    ///
    /// - Returns: the webhook, and its secret, which is not told again.
    /// - Throws: ``InvalidInput`` where there are too many already; ``StoreError``.
    package func create(
        _ input: WebhookInput,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> (webhook: Webhook, secret: WebhookSecret) {
        guard try await store.webhooks(in: organisation).count < WebhookDefinition.most else {
            throw InvalidInput(
                path: "",
                "makes one webhook too many: an organisation may have 100; delete one that is not needed"
            )
        }
        guard let id = WebhookID(ids.next(at: now).text) else { throw APIError.internalError("an id that is none") }
        let secret = WebhookSecret(text: input.secret ?? .randomWebhookSecret, created: now)
        let webhook = try await store.createWebhook(id, input.definition, secret: secret, in: organisation, at: now)
        return (webhook, secret)
    }

    /// Changes a webhook.
    ///
    /// - Parameters:
    ///   - id: which
    ///   - json: the members that change; see ``WebhookInput``
    ///   - organisation: whose it is
    ///   - now: when
    /// - Returns: the webhook as it is now, and its new secret, where there is one.
    /// - Throws: ``InvalidInput``; ``StoreError``.
    package func change(
        _ id: WebhookID,
        _ json: JSONValue,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> (webhook: Webhook, secret: WebhookSecret?) {
        // Somebody else may change it between the look at it and the change; what they named stays then.
        for _ in 0..<10 {
            let present = try await store.webhook(id, in: organisation)
            let input = try WebhookInput(json, changing: present.definition)
            let changed = try await change(id, input, ofVersion: present.version, in: organisation, at: now)
            if changed.webhook.version == present.version + 1 { return changed }
        }
        throw StoreError.unavailable(.overloaded, detail: "a webhook was changed all the time")
    }

    /// Makes a webhook what somebody saw and changed as a whole.
    ///
    /// - Parameters:
    ///   - id: which
    ///   - input: all of it
    ///   - version: which version alone is changed; `nil` for any
    ///   - organisation: whose it is
    ///   - now: when
    /// - Returns: the webhook as it is now, and its new secret, where there is one.
    /// - Throws: ``StoreError``.
    package func change(
        _ id: WebhookID,
        _ input: WebhookInput,
        ofVersion version: Int? = nil,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> (webhook: Webhook, secret: WebhookSecret?) {
        let text = input.secret ?? (input.rotatesSecret ? .randomWebhookSecret : nil)
        let secret = text.map { WebhookSecret(text: $0, created: now) }
        let webhook = try await store.changeWebhook(id, in: organisation, at: now) { webhook in
            guard version == nil || webhook.version == version else { return }
            webhook.definition = input.definition
            if let secret { webhook.secrets = Self.secrets(secret, before: webhook.secrets, at: now) }
        }
        return (webhook, secret)
    }

    /// A new secret, and the former ones for as long as requests are signed with them too.
    private static func secrets(
        _ secret: WebhookSecret,
        before: [WebhookSecret],
        at now: Timestamp
    ) -> [WebhookSecret] {
        let end = Timestamp(milliseconds: now.milliseconds + rotation)
        let former = before.filter { $0.text != secret.text && ($0.expires ?? .latest) > now }
            .map { WebhookSecret(text: $0.text, created: $0.created, expires: $0.expires ?? end) }
        return [secret] + former.prefix(mostSecrets - 1)
    }

    /// The organisation's last send log.
    package func head(of organisation: OrganisationID) async throws -> SequenceNumber {
        SequenceNumber(Int64(try await directory.organisation(organisation).sends))
    }

    /// A send to try a webhook with.
    ///
    /// - Parameters:
    ///   - id: which; `nil` for the last of the webhook's campaigns, or one that never was where there is none
    ///   - campaigns: the webhook's campaigns; empty for all
    ///   - organisation: whose it is
    /// - Returns: the send, and its place in the order of recording, 0 for one that never was.
    /// - Throws: ``StoreError/notFound`` for an id that there is none of.
    package func send(
        _ id: SendLogID?,
        of campaigns: [CampaignID],
        in organisation: OrganisationID
    ) async throws -> (send: WebhookSend, place: SequenceNumber)? {
        let log: StoredSendLog
        if let id {
            log = try await store.sendLog(id, in: organisation)
        } else {
            let search = SendLogSearch(campaigns: campaigns.isEmpty ? nil : campaigns, limit: 1)
            let rows = try await store.search(search, in: organisation).rows
            guard let row = rows.rows.first else {
                return WebhookSend.sample.map { ($0, SequenceNumber(0)) }
            }
            log = StoredSendLog(
                sequence: row.sequence,
                record: Array(rows.text[row.record]),
                destinations: row.destinations
            )
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

    /// Sends a webhook's request for a send at once, whether it is active or not, and notes it among its deliveries.
    ///
    /// - Throws: ``StoreError/notFound`` where there is no such webhook or send.
    package func test(
        _ id: WebhookID,
        with send: SendLogID?,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws -> Delivery {
        let webhook = try await store.webhook(id, in: organisation)
        guard let (send, place) = try await self.send(send, of: webhook.definition.campaigns, in: organisation),
            let sendID = send.id
        else { throw APIError.internalError("a send without an id") }
        let delivery = Delivery(
            id: DeliveryID(place, test: now.milliseconds),
            send: sendID,
            created: now,
            state: .failed
        )
        return try await attempt(delivery, send, webhook, isAsked: false, at: now)
    }

    /// Makes a delivery's next attempt at once.
    ///
    /// - Throws: ``StoreError/notFound`` where there is no such webhook or delivery.
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
        let log = try await store.sendLog(delivery.send, in: organisation)
        return try await attempt(delivery, try await send(log, in: organisation), webhook, at: now)
    }

    private func attempt(
        _ delivery: Delivery,
        _ send: WebhookSend,
        _ webhook: Webhook,
        isAsked: Bool = true,
        at now: Timestamp
    ) async throws -> Delivery {
        let attempt = try await manualAttempts.run(for: webhook.organisation) {
            await client.attempt(webhook, send, as: delivery.id, at: now)
        }
        guard let attempt else { throw StoreError.unavailable(.closed, detail: "the server stops") }
        // It may have been tried meanwhile by itself.
        var delivery = delivery
        do throws(StoreError) {
            delivery = try await store.delivery(delivery.id, of: webhook.id, in: webhook.organisation)
        } catch {
            guard error == .notFound else { throw error }
        }
        delivery.add(attempt, isAsked: isAsked)
        if attempt.isSuccess {
            (delivery.state, delivery.nextTry) = (.delivered, nil)
        } else if delivery.nextTry == nil, delivery.state != .delivered {
            // One that waits for its next try goes on waiting, and one that was delivered stays so.
            delivery.state = .failed
        }
        try await store.saveDelivery(delivery, of: webhook.id, in: webhook.organisation)
        return delivery
    }
}
