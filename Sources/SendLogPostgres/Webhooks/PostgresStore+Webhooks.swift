public import SendLogCore

/// Creates, reads, changes and deletes the webhooks of organisations.
extension PostgresStore: WebhookStore {
    /// See ``WebhookStore/createWebhook(_:_:secret:in:at:)``.
    public func createWebhook(
        _ id: WebhookID,
        _ definition: WebhookDefinition,
        secret: WebhookSecret,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> Webhook {
        try await performShort(for: organisation) { connection in
            let rows = WebhookRows(connection: connection, organisation: organisation)
            var parameters = rows.parameters(id)
            parameters.add(definition.stored, WebhookSecret.stored([secret]), now.milliseconds, definition.isActive)
            // On a retry, the first attempt may have inserted the row before its connection broke.
            let inserted = try connection.rows(
                """
                INSERT INTO webhooks (org_id, id, definition, secrets, version, created, updated, active, told)
                    SELECT h.org_id, $2, $3, $4, 1, $5, $5, $6, h.sequence FROM organisation_heads h WHERE h.org_id = $1
                    ON CONFLICT (org_id, id) DO NOTHING
                """,
                parameters
            )
            let webhook = try rows.webhook(id)
            guard inserted.affectedRows > 0 || connection.isRetry else {
                throw StoreError.corrupted(detail: "the ID of a new webhook is taken")
            }
            return webhook
        }
    }

    /// See ``WebhookStore/webhooks(in:)``.
    public func webhooks(in organisation: OrganisationID) async throws(StoreError) -> [Webhook] {
        try await performShort(for: organisation) { connection in
            let parameters = Parameters(organisation.number)
            let rows = try connection.rows(
                "SELECT \(WebhookRows.columns) FROM webhooks WHERE org_id = $1 ORDER BY created, id",
                parameters
            )
            return try WebhookRows.webhooks(rows)
        }
    }

    /// See ``WebhookStore/webhook(_:in:)``.
    public func webhook(_ id: WebhookID, in organisation: OrganisationID) async throws(StoreError) -> Webhook {
        try await performShort(for: organisation) {
            try WebhookRows(connection: $0, organisation: organisation).webhook(id)
        }
    }

    /// See ``WebhookStore/changeWebhook(_:in:at:_:)``.
    public func changeWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws(StoreError) -> Webhook {
        try await performShort(for: organisation) { connection in
            let rows = WebhookRows(connection: connection, organisation: organisation)
            return try connection.transaction {
                var webhook = try rows.locked(id).webhook
                // On a retry, the first attempt may have changed the webhook before its connection broke.
                if connection.isRetry, webhook.updated == now, webhook.version > 1 { return webhook }
                let head = try LogHead(of: organisation, on: connection).lastSequence
                webhook.change(at: now, head: head, change)
                try rows.write(webhook)
                return webhook
            }
        }
    }

    /// See ``WebhookStore/setReplays(of:in:_:)``.
    public func setReplays(
        of id: WebhookID,
        in organisation: OrganisationID,
        _ replays: @escaping @Sendable (Webhook) -> [ReplayRange]
    ) async throws(StoreError) -> Webhook {
        try await performShort(for: organisation) { connection in
            let rows = WebhookRows(connection: connection, organisation: organisation)
            return try connection.transaction {
                var webhook = try rows.locked(id).webhook
                webhook.progress.replays = replays(webhook)
                try rows.write(webhook.progress.replays, of: id)
                return webhook
            }
        }
    }

    /// See ``WebhookStore/deleteWebhook(_:in:)``.
    public func deleteWebhook(_ id: WebhookID, in organisation: OrganisationID) async throws(StoreError) {
        // The webhook may have many deliveries.
        try await performLong(for: organisation) { connection in
            let parameters = WebhookRows(connection: connection, organisation: organisation).parameters(id)
            try connection.transaction {
                let rows = try connection.rows("DELETE FROM webhooks WHERE org_id = $1 AND id = $2", parameters)
                guard rows.affectedRows > 0 || connection.isRetry else { throw StoreError.notFound }
                _ = try connection.rows("DELETE FROM webhook_deliveries WHERE org_id = $1 AND webhook = $2", parameters)
            }
        }
    }
}
