public import SendLogCore
import SendLogScheduling

/// Leases webhooks to workers, and saves their reports.
extension SQLiteStore: WebhookLeaseStore {
    /// The SQL condition for a webhook that can be leased.
    ///
    /// `?1` is the current time, `?2` the latest valid end of a lease, and `?3` the latest valid end of a hold, all in
    /// milliseconds since 1970.
    private static let isLeasable = """
        active = 1 AND paused IS NULL AND (taken_until <= ?1 OR taken_until > ?2)
            AND (coalesce(held_until, 0) <= ?1 OR held_until > ?3)
        """

    /// The SQL condition for a webhook that has pending deliveries at the time `?1`.
    private static let hasWork = """
        (replays <> '' OR told < (SELECT sequence FROM organisations o WHERE o.id = webhooks.organisation)
            OR EXISTS (SELECT 1 FROM webhook_deliveries d
                WHERE d.organisation = webhooks.organisation AND d.webhook = webhooks.id AND d.next_try <= ?1))
        """

    private static func bind(_ lease: WebhookLease, to query: inout Query) throws {
        try query.bind(lease.start.milliseconds, lease.latestEnd, lease.latestHold)
    }

    /// See ``WebhookLeaseStore/pendingWebhooks(for:limit:)``.
    public func pendingWebhooks(for lease: WebhookLease, limit: Int) async throws(StoreError) -> [PendingWebhook] {
        try await pointReaders.pointRead { database in
            var query = try Query(
                dynamicSQL: """
                    SELECT organisation, id, taken_at, healthy FROM (
                        SELECT organisation, id, taken_at, healthy,
                            row_number() OVER (PARTITION BY organisation, healthy ORDER BY taken_at, id) AS turn
                        FROM (
                            SELECT organisation, id, taken_at, failures = 0 AND slow = 0 AS healthy FROM webhooks
                            WHERE \(Self.isLeasable) AND \(Self.hasWork)
                        )
                    )
                    ORDER BY turn, healthy DESC, taken_at LIMIT ?4
                    """,
                on: database
            )
            try Self.bind(lease, to: &query)
            try query.bind(limit)
            var pending: [PendingWebhook] = []
            while try query.step() {
                // Skip a damaged row, so that it does not stop the other webhooks.
                guard let id = WebhookID(query.text(1)) else { continue }
                pending.append(
                    PendingWebhook(
                        organisation: OrganisationID(query.integer(0)),
                        id: id,
                        leasedAt: query.integer(2),
                        isHealthy: query.integer(3) == 1
                    )
                )
            }
            return pending
        }
    }

    /// See ``WebhookLeaseStore/leaseWebhooks(_:for:)``.
    public func leaseWebhooks(
        _ requested: [PendingWebhook],
        for lease: WebhookLease
    ) async throws(StoreError) -> [LeasedWebhook] {
        if requested.isEmpty { return [] }
        return try await write(for: .server) { database in
            var leased: [LeasedWebhook] = []
            for pending in requested {
                var query = try Query(
                    dynamicSQL: """
                        UPDATE webhooks SET holder = ?4, taken_at = ?1, taken_until = ?5,
                            started = CASE WHEN taken_until = 0 OR started LIKE '%' || ?6 THEN started
                                ELSE trim(started || ' ' || ?6) END
                        WHERE organisation = ?7 AND id = ?8 AND \(Self.isLeasable) AND \(Self.hasWork)
                        """,
                    on: database
                )
                try Self.bind(lease, to: &query)
                try query.bind(lease.owner, lease.end.milliseconds, StartedAttempts.unreleased)
                try query.run(pending.organisation.number, pending.id.text)
                // Skip a damaged row, so that it does not stop the other webhooks.
                if database.affectedRows == 1,
                    let found = try? WebhookRows.leased(
                        pending.id,
                        in: pending.organisation,
                        at: lease.start,
                        on: database
                    )
                {
                    leased.append(found)
                }
            }
            return leased
        }
    }

    /// See ``WebhookLeaseStore/save(_:of:in:)``.
    public func save(
        _ report: WebhookReport,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook? {
        try await write(for: organisation) { database in
            var current: Webhook
            do { current = try WebhookRows.webhook(webhook, in: organisation, on: database) } catch StoreError.notFound
            {
                return nil
            }
            // Release the lease of a webhook that is no longer active.
            let isActive = current.definition.isActive
            current.apply(report)
            var query = try Query(
                """
                UPDATE webhooks SET told = ?, failures = ?, failing_since = ?, held_until = ?, paused = ?,
                    pause_reason = ?, gaps = ?, slow = ?, replays = ?, started = ?, taken_until = ?
                WHERE organisation = ? AND id = ? AND holder = ?
                """,
                on: database
            )
            try WebhookRows.bind(current.progress, to: &query)
            try query.bind(report.started.stored, isActive ? report.leaseEnd?.milliseconds ?? 0 : 0)
            try query.run(organisation.number, webhook.text, report.owner)
            let isOwner = database.affectedRows == 1
            try WebhookRows.apply(report.updates, of: webhook, in: organisation, isOwner: isOwner, on: database)
            return isActive && isOwner ? current : nil
        }
    }
}
