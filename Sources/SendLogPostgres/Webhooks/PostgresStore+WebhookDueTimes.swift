public import SendLogCore
import SendLogScheduling

/// Finds when the webhooks of an organisation can be leased, and leases the poll for those of all organisations.
extension PostgresStore {
    /// See ``WebhookLeaseStore/dueWebhooks(in:for:)``.
    public func dueWebhooks(
        in organisation: OrganisationID,
        for lease: WebhookLease
    ) async throws(StoreError) -> [DueWebhook] {
        let rows = try await performShort(for: organisation) { connection in
            try connection.rows(Self.dueWebhooksSQL, Parameters(organisation.number))
        }
        return (0..<rows.count).compactMap { row in
            // A damaged row does not stop the other webhooks.
            guard let id = WebhookID(rows.text(row, 0)) else { return nil }
            let webhook = PendingWebhook(
                organisation: organisation,
                id: id,
                leasedAt: rows.integer(row, 1),
                isHealthy: rows.boolean(row, 2)
            )
            return DueWebhook(
                webhook,
                hasBacklog: rows.boolean(row, 3),
                nextTry: rows.optionalInteger(row, 4),
                heldUntil: rows.optionalInteger(row, 5),
                leasedUntil: rows.integer(row, 6),
                for: lease
            )
        }
    }

    static let dueWebhooksSQL = """
        SELECT w.id, w.taken_at, w.failures = 0 AND w.slow = 0, w.replays <> '' OR w.told < h.sequence, (
            SELECT min(d.next_try) FROM webhook_deliveries d
            WHERE d.org_id = $1 AND d.webhook = w.id AND d.next_try IS NOT NULL
        ), w.held_until, w.taken_until
        FROM webhooks w JOIN organisation_heads h ON h.org_id = $1
        WHERE w.org_id = $1 AND w.active AND w.paused IS NULL ORDER BY w.taken_at, w.id
        """

    /// The name of the poll for pending webhooks in the table of leases.
    private static let webhookPoll = "webhook poll"

    /// Leases the poll with a row of the organisation 0, which has no other data: on Citus, it is on one node.
    ///
    /// Like other work over all organisations, a node that does not respond must not delay the search for keys.
    ///
    /// See ``WebhookLeaseStore/leaseWebhookPoll(_:)``.
    public func leaseWebhookPoll(_ lease: WebhookLease) async throws(StoreError) -> Bool {
        try await performShort(for: .allNodes) { connection in
            var parameters = Parameters(OrganisationID.server.number, Self.webhookPoll, lease.owner)
            parameters.add(lease.start.milliseconds, lease.end.milliseconds, lease.latestEnd)
            return try connection.rows(Self.leasePollSQL, parameters).affectedRows > 0
        }
    }

    static let leasePollSQL = """
        INSERT INTO server_leases AS l (org_id, work, lease_owner, lease_until) VALUES ($1, $2, $3, $5)
        ON CONFLICT (org_id, work) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
        WHERE l.lease_owner = $3 OR l.lease_until <= $4 OR l.lease_until > $6
        """
}
