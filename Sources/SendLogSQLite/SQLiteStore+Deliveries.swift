public import SendLogCore
import SendLogScheduling

/// Reads and updates the deliveries of webhooks, and deletes old ones.
extension SQLiteStore {
    /// See ``WebhookStore/deliveries(of:in:state:before:limit:)``.
    public func deliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        state: Delivery.State?,
        before: DeliveryID?,
        limit: Int
    ) async throws(StoreError) -> [Delivery] {
        // SQLite uses the partial index `webhook_deliveries_failed` only if the query repeats its condition.
        let isUndelivered = state == .delivered ? "" : "AND state <> 'delivered'"
        let condition = state.map { "AND state = '\($0.rawValue)' \(isUndelivered)" } ?? ""
        return try await readers.scan(for: organisation) { database in
            var query = try Query(
                dynamicSQL: """
                    SELECT \(WebhookRows.deliveryColumns) FROM webhook_deliveries
                    WHERE organisation = ? AND webhook = ? AND (sequence, test) < (?, ?) \(condition)
                    ORDER BY sequence DESC, test DESC LIMIT ?
                    """,
                on: database
            )
            try query.bind(organisation.number, webhook.text, (before ?? .last).sequence.number)
            try query.bind((before ?? .last).storedTest, limit)
            return try WebhookRows.deliveries(&query)
        }
    }

    /// See ``WebhookStore/delivery(_:of:in:)``.
    public func delivery(
        _ id: DeliveryID,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery {
        try await readers.scan(for: organisation) { database in
            guard let delivery = try WebhookRows.delivery(id, of: webhook, in: organisation, on: database) else {
                throw StoreError.notFound
            }
            return delivery
        }
    }

    /// See ``WebhookStore/updateDelivery(_:of:in:)``.
    public func updateDelivery(
        _ update: DeliveryUpdate,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery {
        try await write(for: organisation) { database in
            do { _ = try WebhookRows.webhook(webhook, in: organisation, on: database) } catch StoreError.notFound {
                return update.result
            }
            let saved = try WebhookRows.apply([update], of: webhook, in: organisation, on: database)
            return saved.first ?? update.result
        }
    }

    /// See ``WebhookLeaseStore/dueDeliveries(of:in:at:limit:)``.
    public func dueDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [Delivery] {
        try await readers.scan(for: organisation) { database in
            var query = try Query(
                dynamicSQL: """
                    SELECT \(WebhookRows.deliveryColumns) FROM webhook_deliveries INDEXED BY webhook_deliveries_due
                    WHERE organisation = ? AND webhook = ? AND next_try <= ? ORDER BY sequence, test LIMIT ?
                    """,
                on: database
            )
            try query.bind(organisation.number, webhook.text, now.milliseconds, limit)
            return try WebhookRows.deliveries(&query)
        }
    }

    /// Deletes up to 1000 deliveries of a webhook.
    ///
    /// - Parameters:
    ///   - webhook: the webhook that the deliveries belong to
    ///   - organisation: the organisation that owns the webhook
    /// - Returns: the number of deleted deliveries.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func deleteDeliveries(of webhook: WebhookID, in organisation: OrganisationID) async throws(StoreError) -> Int {
        try await write(for: organisation) { database in
            let query = try Query(
                """
                DELETE FROM webhook_deliveries WHERE rowid IN (
                    SELECT rowid FROM webhook_deliveries WHERE organisation = ? AND webhook = ? LIMIT 1000)
                """,
                on: database
            )
            try query.run(organisation.number, webhook.text)
            return database.affectedRows
        }
    }

    /// See ``WebhookLeaseStore/deleteDeliveries(before:)``.
    public func deleteDeliveries(before timestamp: Timestamp) async throws(StoreError) -> Int {
        try await write(for: .server) { database in
            let query = try Query(
                """
                DELETE FROM webhook_deliveries WHERE rowid IN (SELECT rowid FROM webhook_deliveries
                    INDEXED BY webhook_deliveries_by_age WHERE created < ? AND next_try IS NULL LIMIT 1000)
                """,
                on: database
            )
            try query.run(timestamp.milliseconds)
            return database.affectedRows
        }
    }
}
