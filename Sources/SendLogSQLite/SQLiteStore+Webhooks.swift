public import SendLogCore

/// Creates, reads, changes and deletes the webhooks of organisations.
extension SQLiteStore: WebhookStore {
    /// See ``WebhookStore/createWebhook(_:_:secret:in:at:)``.
    public func createWebhook(
        _ id: WebhookID,
        _ definition: WebhookDefinition,
        secret: WebhookSecret,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> Webhook {
        try await write(for: organisation) { database in
            var query = try Query(
                """
                INSERT INTO webhooks (organisation, id, definition, secrets, version, created, updated, active, told)
                SELECT id, ?, ?, ?, 1, ?, ?, ?, sequence FROM organisations WHERE id = ?
                """,
                on: database
            )
            try query.bind(id.text, definition.stored, WebhookSecret.stored([secret]), now.milliseconds)
            try query.run(now.milliseconds, definition.isActive ? 1 : 0, organisation.number)
            return try WebhookRows.webhook(id, in: organisation, on: database)
        }
    }

    /// See ``WebhookStore/webhooks(in:)``.
    public func webhooks(in organisation: OrganisationID) async throws(StoreError) -> [Webhook] {
        try await readers.scan(for: organisation) { database in
            var query = try Query(
                dynamicSQL: "SELECT \(WebhookRows.columns) FROM webhooks WHERE organisation = ? ORDER BY created, id",
                on: database
            )
            try query.bind(organisation.number)
            return try WebhookRows.webhooks(&query)
        }
    }

    /// See ``WebhookStore/webhook(_:in:)``.
    public func webhook(_ id: WebhookID, in organisation: OrganisationID) async throws(StoreError) -> Webhook {
        try await readers.scan(for: organisation) { try WebhookRows.webhook(id, in: organisation, on: $0) }
    }

    /// See ``WebhookStore/changeWebhook(_:in:at:_:)``.
    public func changeWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws(StoreError) -> Webhook {
        try await write(for: organisation) { database in
            var webhook = try WebhookRows.webhook(id, in: organisation, on: database)
            webhook.change(at: now, head: try LogHead(of: organisation, on: database).lastSequence, change)
            var query = try Query(
                """
                UPDATE webhooks SET definition = ?, secrets = ?, version = ?, updated = ?, active = ?, told = ?,
                    failures = ?, failing_since = ?, held_until = ?, paused = ?, pause_reason = ?, gaps = ?, slow = ?,
                    replays = ?
                WHERE organisation = ? AND id = ?
                """,
                on: database
            )
            try query.bind(webhook.definition.stored, WebhookSecret.stored(webhook.secrets), webhook.version)
            try query.bind(webhook.updated.milliseconds, webhook.definition.isActive ? 1 : 0)
            try WebhookRows.bind(webhook.progress, to: &query)
            try query.run(organisation.number, id.text)
            return webhook
        }
    }

    /// See ``WebhookStore/setReplays(of:in:_:)``.
    public func setReplays(
        of id: WebhookID,
        in organisation: OrganisationID,
        _ replays: @escaping @Sendable (Webhook) -> [ReplayRange]
    ) async throws(StoreError) -> Webhook {
        try await write(for: organisation) { database in
            var webhook = try WebhookRows.webhook(id, in: organisation, on: database)
            webhook.progress.replays = replays(webhook)
            let query = try Query("UPDATE webhooks SET replays = ? WHERE organisation = ? AND id = ?", on: database)
            try query.run(ReplayRange.stored(webhook.progress.replays), organisation.number, id.text)
            return webhook
        }
    }

    /// See ``WebhookStore/deleteWebhook(_:in:)``.
    public func deleteWebhook(_ id: WebhookID, in organisation: OrganisationID) async throws(StoreError) {
        try await write(for: organisation) { database in
            let query = try Query("DELETE FROM webhooks WHERE organisation = ? AND id = ?", on: database)
            try query.run(organisation.number, id.text)
            if database.affectedRows == 0 { throw StoreError.notFound }
        }
        // Delete in batches, since there can be millions, so that recording runs in between.
        while try await deleteDeliveries(of: id, in: organisation) > 0 {}
    }
}
