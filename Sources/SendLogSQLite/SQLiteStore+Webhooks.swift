public import SendLogCore

extension SQLiteStore: WebhookStore {
    /// See ``WebhookStore/createWebhook(_:_:secret:in:at:)``.
    public func createWebhook(
        _ id: WebhookID,
        _ definition: WebhookDefinition,
        secret: WebhookSecret,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> Webhook {
        try await write { database in
            var query = try Query(
                """
                INSERT INTO webhooks (organisation, id, definition, secrets, version, created, updated, active, told)
                SELECT id, ?, ?, ?, 1, ?, ?, ?, sequence FROM organisations WHERE id = ?
                """,
                on: database
            )
            try query.bind(id.text)
            try query.bind(definition.stored)
            try query.bind(WebhookSecret.stored([secret]))
            try query.bind(now.milliseconds)
            try query.bind(now.milliseconds)
            try query.bind(definition.isActive ? 1 : 0)
            try query.bind(organisation.number)
            try query.run()
            return try WebhookRows.webhook(id, in: organisation, on: database)
        }
    }

    /// See ``WebhookStore/webhooks(in:)``.
    public func webhooks(in organisation: OrganisationID) async throws(StoreError) -> [Webhook] {
        try await pointReaders.point { database in
            var query = try Query(
                made: "SELECT \(WebhookRows.columns) FROM webhooks WHERE organisation = ? ORDER BY created, id",
                on: database
            )
            try query.bind(organisation.number)
            return try WebhookRows.webhooks(&query)
        }
    }

    /// See ``WebhookStore/webhook(_:in:)``.
    public func webhook(
        _ id: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook {
        try await pointReaders.point { try WebhookRows.webhook(id, in: organisation, on: $0) }
    }

    /// See ``WebhookStore/changeWebhook(_:in:at:_:)``.
    public func changeWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws(StoreError) -> Webhook {
        try await write { database in
            var webhook = try WebhookRows.webhook(id, in: organisation, on: database)
            webhook.change(at: now, head: try WebhookRows.head(of: organisation, on: database), change)
            var query = try Query(
                """
                UPDATE webhooks SET definition = ?, secrets = ?, version = ?, updated = ?, active = ?, told = ?,
                    failures = ?, failing_since = ?, held_until = ?, paused = ?, pause_reason = ?, gaps = ?
                WHERE organisation = ? AND id = ?
                """,
                on: database
            )
            try query.bind(webhook.definition.stored)
            try query.bind(WebhookSecret.stored(webhook.secrets))
            try query.bind(webhook.version)
            try query.bind(webhook.updated.milliseconds)
            try query.bind(webhook.definition.isActive ? 1 : 0)
            try WebhookRows.bind(webhook.progress, to: &query)
            try query.bind(organisation.number)
            try query.bind(id.text)
            try query.run()
            return webhook
        }
    }

    /// See ``WebhookStore/deleteWebhook(_:in:)``.
    public func deleteWebhook(
        _ id: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await write { database in
            var query = try Query("DELETE FROM webhooks WHERE organisation = ? AND id = ?", on: database)
            try query.bind(organisation.number)
            try query.bind(id.text)
            try query.run()
            if database.rowsWritten == 0 { throw StoreError.notFound }
        }
        // There may be millions: recording has its turn in between.
        while try await forgetDeliveries(of: id, in: organisation) > 0 {}
    }

    // MARK: - Lanes

    /// See ``WebhookStore/takeWebhooks(for:at:until:most:)``.
    public func takeWebhooks(
        for holder: String,
        at now: Timestamp,
        until end: Timestamp,
        most: Int
    ) async throws(StoreError) -> [Webhook] {
        let waiting = try await pointReaders.point { database in
            var query = try Query(
                """
                SELECT organisation, id FROM webhooks WHERE active = 1 AND paused IS NULL
                    AND taken_until <= ?1 AND coalesce(held_until, 0) <= ?1
                    AND (told < (SELECT sequence FROM organisations o WHERE o.id = webhooks.organisation)
                        OR EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.organisation = webhooks.organisation
                            AND d.webhook = webhooks.id AND d.next_try <= ?1))
                ORDER BY taken_at LIMIT ?2
                """,
                on: database
            )
            try query.bind(now.milliseconds)
            try query.bind(most)
            var waiting: [(OrganisationID, WebhookID)] = []
            while try query.step() {
                if let id = WebhookID(query.text(1)) { waiting.append((OrganisationID(query.integer(0)), id)) }
            }
            return waiting
        }
        if waiting.isEmpty { return [] }
        return try await write { database in
            var taken: [Webhook] = []
            for (organisation, id) in waiting {
                var query = try Query(
                    """
                    UPDATE webhooks SET holder = ?1, taken_at = ?2, taken_until = ?3
                    WHERE organisation = ?4 AND id = ?5 AND active = 1 AND paused IS NULL
                        AND taken_until <= ?2 AND coalesce(held_until, 0) <= ?2
                    """,
                    on: database
                )
                try query.bind(holder)
                try query.bind(now.milliseconds)
                try query.bind(end.milliseconds)
                try query.bind(organisation.number)
                try query.bind(id.text)
                try query.run()
                // One that cannot be understood stops nobody else's.
                if database.rowsWritten == 1, let webhook = try? WebhookRows.webhook(id, in: organisation, on: database)
                {
                    taken.append(webhook)
                }
            }
            return taken
        }
    }

    /// See ``WebhookStore/save(_:of:in:)``.
    public func save(
        _ report: WebhookReport,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook? {
        try await write { database in
            var present: Webhook
            do { present = try WebhookRows.webhook(webhook, in: organisation, on: database) } catch StoreError.notFound
            {
                return nil
            }
            // One that is not active any more is given back.
            let isActive = present.definition.isActive
            present.take(report)
            var query = try Query(
                """
                UPDATE webhooks SET told = ?, failures = ?, failing_since = ?, held_until = ?, paused = ?,
                    pause_reason = ?, gaps = ?, taken_until = ? WHERE organisation = ? AND id = ? AND holder = ?
                """,
                on: database
            )
            try WebhookRows.bind(present.progress, to: &query)
            try query.bind(isActive ? report.end?.milliseconds ?? 0 : 0)
            try query.bind(organisation.number)
            try query.bind(webhook.text)
            try query.bind(report.holder)
            try query.run()
            let isHeld = database.rowsWritten == 1
            for delivery in report.deliveries {
                // Whoever has lost it adds what the other does not know of.
                try WebhookRows.save(delivery, of: webhook, in: organisation, replaces: isHeld, on: database)
            }
            return isActive && isHeld ? present : nil
        }
    }
}
