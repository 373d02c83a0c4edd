public import SendLogCore
import SendLogScheduling

/// Leases webhooks to workers, reads the due deliveries for them, and saves their reports.
extension PostgresStore: WebhookLeaseStore {
    /// Finds the pending webhooks of all organisations; see ``WebhookLeaseStore/pendingWebhooks(for:limit:)``.
    public func pendingWebhooks(for lease: WebhookLease, limit: Int) async throws(StoreError) -> [PendingWebhook] {
        let pending = try await fanOut(.short) { connection, scope in
            var found: [(pending: PendingWebhook, turn: Int64)] = []
            for sql in [Self.backlogSQL(scope), Self.dueSQL(scope)] {
                var parameters = Parameters(lease.start.milliseconds, lease.latestEnd, lease.latestHold, limit)
                scope.add(to: &parameters)
                let rows = try connection.rows(sql, parameters)
                for row in 0..<rows.count {
                    // A damaged row does not stop the other webhooks.
                    guard let id = WebhookID(rows.text(row, 1)) else { continue }
                    let pending = PendingWebhook(
                        organisation: OrganisationID(rows.integer(row, 0)),
                        id: id,
                        leasedAt: rows.integer(row, 2),
                        isHealthy: rows.boolean(row, 3)
                    )
                    found.append((pending, rows.integer(row, 4)))
                }
            }
            return found
        }
        if pending.values.allSatisfy(\.isEmpty), let failure = pending.failure { throw failure }
        let sorted = pending.values.joined().sorted { one, two in
            let (first, second) = (one.pending, two.pending)
            return (one.turn, first.isHealthy ? 0 : 1, first.leasedAt)
                < (two.turn, second.isHealthy ? 0 : 1, second.leasedAt)
        }
        // A webhook may have both new logs and due retries.
        var seen: Set<PendingWebhook> = []
        return Array(sorted.map(\.pending).filter { seen.insert($0).inserted }.prefix(limit))
    }

    /// Returns the SQL condition for a webhook that may be leased.
    private static func isLeasable(now: String, latestEnd: String, latestHold: String) -> String {
        """
        w.active AND w.paused IS NULL AND (w.taken_until <= \(now) OR w.taken_until > \(latestEnd)) \
        AND (w.held_until IS NULL OR w.held_until <= \(now) OR w.held_until > \(latestHold))
        """
    }

    /// Finds webhooks with logs after their cursors, or with replays.
    static func backlogSQL(_ scope: OrganisationScope) -> String {
        pendingSQL(
            scope,
            "JOIN organisation_heads h ON h.org_id = w.org_id AND \(scope.condition("h.org_id", parameter: 5))",
            where: "(w.told < h.sequence OR w.replays <> '')"
        )
    }

    /// Finds webhooks with deliveries that are due for a retry.
    static func dueSQL(_ scope: OrganisationScope) -> String {
        pendingSQL(
            scope,
            "",
            where: """
                EXISTS (
                    SELECT FROM webhook_deliveries d WHERE d.org_id = w.org_id AND d.webhook = w.id AND d.next_try <= $1
                        AND \(scope.condition("d.org_id", parameter: 5))
                )
                """
        )
    }

    private static func pendingSQL(_ scope: OrganisationScope, _ join: String, where condition: String) -> String {
        """
        SELECT org_id, id, taken_at, healthy, turn FROM (
            SELECT org_id, id, taken_at, healthy,
                row_number() OVER (PARTITION BY org_id, healthy ORDER BY taken_at, id) AS turn
            FROM (
                SELECT w.org_id, w.id, w.taken_at, w.failures = 0 AND w.slow = 0 AS healthy FROM webhooks w \(join)
                WHERE \(isLeasable(now: "$1", latestEnd: "$2", latestHold: "$3")) AND \(condition)
                    AND \(scope.condition("w.org_id", parameter: 5))
            ) pending
        ) turns
        ORDER BY turn, healthy DESC, taken_at LIMIT $4
        """
    }

    /// Leases webhooks with one statement per organisation, because Citus locks the rows of one organisation at a time.
    ///
    /// See ``WebhookLeaseStore/leaseWebhooks(_:for:)``.
    public func leaseWebhooks(
        _ requested: [PendingWebhook],
        for lease: WebhookLease
    ) async throws(StoreError) -> [LeasedWebhook] {
        let organisations = Dictionary(grouping: requested, by: \.organisation)
        var (leased, failure): ([LeasedWebhook], StoreError?) = ([], nil)
        for (organisation, webhooks) in organisations.sorted(by: { $0.key.number < $1.key.number }) {
            do throws(StoreError) {
                leased += try await leaseWebhooks(webhooks.map(\.id.text), of: organisation, for: lease)
            } catch {
                // The node of one organisation may be down: the worker still gets the webhooks leased on other nodes.
                failure = error
            }
        }
        if leased.isEmpty, let failure { throw failure }
        return leased
    }

    /// Returns the SQL condition for a webhook of the organisation `$1` that has pending deliveries.
    private static func hasWork(now: String) -> String {
        """
        w.replays <> '' OR w.told < (SELECT h.sequence FROM organisation_heads h WHERE h.org_id = $1) OR EXISTS (
            SELECT FROM webhook_deliveries d WHERE d.org_id = $1 AND d.webhook = w.id AND d.next_try <= \(now)
        )
        """
    }

    /// Leases the webhooks that no other server has leased or is leasing.
    private func leaseWebhooks(
        _ ids: [String],
        of organisation: OrganisationID,
        for lease: WebhookLease
    ) async throws(StoreError) -> [LeasedWebhook] {
        try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number, ids.sorted())
            parameters.add(lease.owner, lease.start.milliseconds, lease.end.milliseconds, lease.latestEnd)
            parameters.add(lease.latestHold, StartedAttempts.unreleased)
            // On a retry, the first attempt may have leased them before its connection broke.
            let own = connection.isRetry ? "OR w.holder = $3 AND w.taken_at = $4 AND w.taken_until = $5" : ""
            let isOwn = connection.isRetry ? "OR holder = $3 AND taken_at = $4 AND taken_until = $5" : ""
            let rows = try connection.rows(
                """
                UPDATE webhooks SET holder = $3, taken_at = $4, taken_until = $5,
                    started = CASE WHEN taken_until = 0 OR started LIKE '%' || $8 \(isOwn) THEN started
                        ELSE trim(started || ' ' || $8) END
                WHERE org_id = $1 AND id = ANY(ARRAY(
                    SELECT w.id FROM webhooks w
                    WHERE w.org_id = $1 AND w.id = ANY($2)
                        AND (
                            \(Self.isLeasable(now: "$4", latestEnd: "$6", latestHold: "$7")) AND (\(Self.hasWork(now: "$4")))
                            \(own)
                        )
                    FOR UPDATE SKIP LOCKED
                ))
                RETURNING \(WebhookRows.columns), started
                """,
                parameters
            )
            // A damaged row does not stop the other webhooks.
            return (0..<rows.count).compactMap { try? WebhookRows.leased(rows, $0, at: lease.start) }
        }
    }

    /// See ``WebhookLeaseStore/dueDeliveries(of:in:at:limit:)``.
    public func dueDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [Delivery] {
        try await performShort(for: organisation) { connection in
            var parameters = WebhookRows(connection: connection, organisation: organisation).parameters(webhook)
            parameters.add(now.milliseconds, limit)
            return try DeliveryRows.deliveries(try connection.rows(Self.dueDeliveriesSQL, parameters))
        }
    }

    /// Finds due deliveries by index, sorts their keys by sequence number, and reads the full rows of the first only.
    ///
    /// The index is ordered by due time, and not by sequence number.
    static let dueDeliveriesSQL = """
        WITH due AS MATERIALIZED (
            SELECT seq, test FROM webhook_deliveries WHERE org_id = $1 AND webhook = $2 AND next_try <= $3
        )
        SELECT d.* FROM (SELECT seq, test FROM due ORDER BY seq, test LIMIT $4) n
        CROSS JOIN LATERAL (
            SELECT \(DeliveryRows.columns) FROM webhook_deliveries d
            WHERE d.org_id = $1 AND d.webhook = $2 AND d.seq = n.seq AND d.test = n.test LIMIT 1
        ) d
        ORDER BY n.seq, n.test
        """

    /// See ``WebhookLeaseStore/save(_:of:in:)``.
    public func save(
        _ report: WebhookReport,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook? {
        try await performShort(for: organisation) { connection in
            let rows = WebhookRows(connection: connection, organisation: organisation)
            return try connection.transaction {
                let locked: (webhook: Webhook, owner: String)
                do { locked = try rows.locked(webhook) } catch let error as StoreError where error == .notFound {
                    return nil
                }
                let isOwner = locked.owner == report.owner
                try DeliveryRows.apply(report.updates, of: webhook, rows, isOwner: isOwner)
                var current = locked.webhook
                guard isOwner else { return nil }
                current.apply(report)
                // The lease of a webhook that is no longer active is released.
                let isActive = current.definition.isActive
                try rows.write(current.progress, report.started, of: webhook, until: isActive ? report.leaseEnd : nil)
                return isActive ? current : nil
            }
        }
    }
}
