public import SendLogCore

/// Finds when the webhooks of an organisation can be leased.
extension SQLiteStore {
    /// See ``WebhookLeaseStore/dueWebhooks(in:for:)``.
    public func dueWebhooks(
        in organisation: OrganisationID,
        for lease: WebhookLease
    ) async throws(StoreError) -> [DueWebhook] {
        try await pointReaders.pointRead { database in
            var query = try Query(
                """
                SELECT w.id, w.taken_at, w.failures = 0 AND w.slow = 0, w.replays <> '' OR w.told < o.sequence, (
                    SELECT min(d.next_try) FROM webhook_deliveries d INDEXED BY webhook_deliveries_due
                    WHERE d.organisation = w.organisation AND d.webhook = w.id AND d.next_try IS NOT NULL
                ), w.held_until, w.taken_until
                FROM webhooks w JOIN organisations o ON o.id = w.organisation
                WHERE w.organisation = ? AND w.active = 1 AND w.paused IS NULL ORDER BY w.taken_at, w.id
                """,
                on: database
            )
            try query.bind(organisation.number)
            var webhooks: [DueWebhook] = []
            while try query.step() {
                // Skip a damaged row, so that it does not stop the other webhooks.
                guard let id = WebhookID(query.text(0)) else { continue }
                let webhook = PendingWebhook(
                    organisation: organisation,
                    id: id,
                    leasedAt: query.integer(1),
                    isHealthy: query.integer(2) == 1
                )
                webhooks.append(
                    DueWebhook(
                        webhook,
                        hasBacklog: query.integer(3) == 1,
                        nextTry: query.optionalInteger(4),
                        heldUntil: query.optionalInteger(5),
                        leasedUntil: query.integer(6),
                        for: lease
                    )
                )
            }
            return webhooks
        }
    }

    /// Always grants the lease: one server uses a file.
    ///
    /// See ``WebhookLeaseStore/leaseWebhookPoll(_:)``.
    public func leaseWebhookPoll(_ lease: WebhookLease) async throws(StoreError) -> Bool { true }
}
