import SendLogCore

/// Reads and writes the rows of webhooks and of their deliveries.
enum WebhookRows {
    static let columns = """
        organisation, id, definition, secrets, version, created, updated, told, failures, failing_since, held_until,
        paused, pause_reason, gaps, slow, replays
        """

    static let deliveryColumns = "sequence, test, send, created, state, next_try, tries, attempts"

    /// - Throws: ``StoreError/notFound``.
    static func webhook(_ id: WebhookID, in organisation: OrganisationID, on database: Connection) throws -> Webhook {
        var query = try Query(
            dynamicSQL: "SELECT \(columns) FROM webhooks WHERE organisation = ? AND id = ?",
            on: database
        )
        try query.bind(organisation.number, id.text)
        guard let webhook = try webhooks(&query).first else { throw StoreError.notFound }
        return webhook
    }

    /// Reads a webhook that was just leased, with its started attempts.
    static func leased(
        _ id: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        on database: Connection
    ) throws -> LeasedWebhook {
        let webhook = try webhook(id, in: organisation, on: database)
        var query = try Query("SELECT started FROM webhooks WHERE organisation = ? AND id = ?", on: database)
        try query.bind(organisation.number, id.text)
        guard try query.step() else { throw StoreError.notFound }
        let started = StartedAttempts(stored: query.text(0), after: webhook.progress.cursor, at: now)
        return LeasedWebhook(webhook: webhook, started: started)
    }

    static func webhooks(_ query: inout Query) throws -> [Webhook] {
        var webhooks: [Webhook] = []
        while try query.step() { webhooks.append(try webhook(query)) }
        return webhooks
    }

    /// Reads the webhook of a row with the ``columns``.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    static func webhook(_ query: borrowing Query) throws(StoreError) -> Webhook {
        guard let id = WebhookID(query.text(1)), let created = Timestamp(milliseconds: query.integer(5)),
            let updated = Timestamp(milliseconds: query.integer(6))
        else { throw .corrupted(detail: "invalid row of a webhook") }
        let pause = timestamp(query, 11).map { WebhookProgress.Pause(at: $0, reason: query.text(12)) }
        return Webhook(
            id: id,
            organisation: OrganisationID(query.integer(0)),
            definition: try WebhookDefinition(stored: query.text(2)),
            secrets: try WebhookSecret.read(stored: query.text(3)),
            version: Int(query.integer(4)),
            created: created,
            updated: updated,
            progress: WebhookProgress(
                cursor: SequenceNumber(query.integer(7)),
                skippedRanges: try SkippedRange.read(stored: query.text(13)),
                failures: Int(query.integer(8)),
                failingSince: timestamp(query, 9),
                heldUntil: timestamp(query, 10),
                pause: pause,
                slowness: Int(query.integer(14)),
                replays: try ReplayRange.read(stored: query.text(15))
            )
        )
    }

    /// Binds the columns from `told` to `replays`.
    static func bind(_ progress: WebhookProgress, to query: inout Query) throws {
        try query.bind(progress.cursor.number, progress.failures, progress.failingSince?.milliseconds)
        try query.bind(progress.heldUntil?.milliseconds, progress.pause?.at.milliseconds, progress.pause?.reason ?? "")
        try query.bind(SkippedRange.stored(progress.skippedRanges), progress.slowness)
        try query.bind(ReplayRange.stored(progress.replays))
    }

    static func deliveries(_ query: inout Query) throws -> [Delivery] {
        var deliveries: [Delivery] = []
        while try query.step() {
            guard let send = SendLogID(query.text(2)), let created = Timestamp(milliseconds: query.integer(3)),
                let state = Delivery.State(rawValue: query.text(4))
            else { throw StoreError.corrupted(detail: "invalid row of a delivery") }
            deliveries.append(
                Delivery(
                    id: DeliveryID(storedSequence: query.integer(0), test: query.integer(1)),
                    send: send,
                    created: created,
                    state: state,
                    nextTry: timestamp(query, 5),
                    tries: Int(query.integer(6)),
                    attempts: Array(query.text(7).utf8).withUnsafeBufferPointer { DeliveryAttempt.read($0) }
                )
            )
        }
        return deliveries
    }

    static func delivery(
        _ id: DeliveryID,
        of webhook: WebhookID,
        in organisation: OrganisationID,
        on database: Connection
    ) throws -> Delivery? {
        var query = try Query(
            dynamicSQL: """
                SELECT \(deliveryColumns) FROM webhook_deliveries
                WHERE organisation = ? AND webhook = ? AND sequence = ? AND test = ?
                """,
            on: database
        )
        try query.bind(organisation.number, webhook.text, id.sequence.number, id.storedTest)
        return try deliveries(&query).first
    }

    /// Applies updates to the stored deliveries, and writes them.
    ///
    /// - Parameters:
    ///   - updates: the updates of deliveries of one webhook
    ///   - webhook: the webhook
    ///   - organisation: the organisation that owns the webhook
    ///   - isOwner: see ``DeliveryUpdate/apply(_:to:isOwner:)``
    ///   - database: the connection
    /// - Returns: the deliveries after the updates.
    /// - Throws: the errors of the database.
    @discardableResult
    static func apply(
        _ updates: [DeliveryUpdate],
        of webhook: WebhookID,
        in organisation: OrganisationID,
        isOwner: Bool = true,
        on database: Connection
    ) throws -> [Delivery] {
        let current = try DeliveryUpdate.idsToRead(updates).compactMap { id in
            try delivery(id, of: webhook, in: organisation, on: database)
        }
        let changed = DeliveryUpdate.apply(updates, to: current, isOwner: isOwner)
        for delivery in changed {
            try save(delivery, of: webhook, in: organisation, on: database)
        }
        return changed
    }

    private static func save(
        _ delivery: Delivery,
        of webhook: WebhookID,
        in organisation: OrganisationID,
        on database: Connection
    ) throws {
        var query = try Query(
            """
            INSERT OR REPLACE INTO webhook_deliveries
                (organisation, webhook, sequence, test, send, created, state, next_try, tries, attempts)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            on: database
        )
        try query.bind(organisation.number, webhook.text, delivery.id.sequence.number, delivery.id.storedTest)
        try query.bind(delivery.send.text, delivery.created.milliseconds, delivery.state.rawValue)
        try query.run(delivery.nextTry?.milliseconds, delivery.tries, delivery.attempts.json)
    }

    private static func timestamp(_ query: borrowing Query, _ column: Int32) -> Timestamp? {
        query.optionalInteger(column).flatMap { Timestamp(milliseconds: $0) }
    }
}
