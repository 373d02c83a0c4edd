public import SendLogCore
import SendLogScheduling

/// Reads the state of webhooks of all organisations, for metrics.
extension PostgresStore {
    /// See ``WebhookStore/webhookGauges(limit:)``.
    public func webhookGauges(limit: Int) async throws(StoreError) -> [WebhookGauges] {
        if limit == 0 { return [] }
        let gauges = try await fanOut(.long) { connection, scope in
            let failed = try Self.failedCounts(of: scope, on: connection)
            var parameters = Parameters(limit)
            scope.add(to: &parameters)
            let rows = try connection.rows(
                """
                SELECT w.org_id, w.id, w.active, w.told, w.gaps, w.failures, w.paused, h.sequence
                FROM webhooks w JOIN organisation_heads h ON h.org_id = w.org_id
                WHERE \(scope.condition("w.org_id", "h.org_id", parameter: 2)) ORDER BY w.org_id, w.id LIMIT $1
                """,
                parameters
            )
            return (0..<rows.count).compactMap { row -> WebhookGauges? in
                // A damaged row does not hide the other webhooks.
                guard let id = WebhookID(rows.text(row, 1)),
                    let ranges = try? SkippedRange.read(stored: rows.text(row, 4))
                else { return nil }
                let key = WebhookKey(organisation: OrganisationID(rows.integer(row, 0)), id: id)
                let pause = rows.optionalInteger(row, 6).map { _ in WebhookProgress.Pause(at: .earliest, reason: "") }
                let progress = WebhookProgress(
                    cursor: SequenceNumber(rows.integer(row, 3)),
                    skippedRanges: ranges,
                    failures: Int(rows.integer(row, 5)),
                    pause: pause
                )
                return try? WebhookGauges(
                    key: key,
                    isActive: rows.boolean(row, 2),
                    progress: progress,
                    head: SequenceNumber(rows.integer(row, 7)),
                    failed: failed[key] ?? 0
                )
            }
        }
        // Each group is in this order.
        let sorted = gauges.values.joined().sorted {
            ($0.key.organisation.number, $0.key.id.text) < ($1.key.organisation.number, $1.key.id.text)
        }
        return Array(sorted.prefix(limit))
    }

    /// See ``WebhookStore/webhookCounts(at:)``.
    public func webhookCounts(at now: Timestamp) async throws(StoreError) -> WebhookCounts {
        let latest = WebhookCounts.latestDelayed(at: now)
        let counts = try await fanOut(.long) { connection, scope in
            var (all, since) = (Parameters(), Parameters(latest))
            scope.add(to: &all)
            scope.add(to: &since)
            let rows = try connection.rows(Self.webhookCountSQL(scope), all)
            var delayed = 0
            for sql in [Self.delayedBacklogSQL(scope), Self.delayedRetrySQL(scope)] {
                try StoredNumber.add(try connection.rows(sql, since).count(0, 0), to: &delayed)
            }
            return (total: try rows.count(0, 0), paused: try rows.count(0, 1), delayed: delayed)
        }
        var (total, paused, delayed) = (0, 0, 0)
        for one in counts.values {
            try StoredNumber.add(one.total, to: &total)
            try StoredNumber.add(one.paused, to: &paused)
            try StoredNumber.add(one.delayed, to: &delayed)
        }
        return WebhookCounts(total: total, paused: paused, delayed: delayed)
    }

    private static func webhookCountSQL(_ scope: OrganisationScope) -> String {
        """
        SELECT count(*), count(*) FILTER (WHERE active AND paused IS NOT NULL) FROM webhooks
        WHERE \(scope.condition("org_id", parameter: 1))
        """
    }

    /// Whether a webhook has a new send after its cursor that was recorded up to `$1`, by the samples of the newest
    /// sequence number.
    private static func hasDelayedBacklog(_ scope: OrganisationScope) -> String {
        """
        EXISTS (
            SELECT FROM recording_times t WHERE t.org_id = w.org_id AND t.sequence > w.told AND t.at <= $1
                AND \(scope.condition("t.org_id", parameter: 2))
        )
        """
    }

    /// Whether a webhook has a delivery from before `$1` whose attempts have failed so far.
    private static func hasDelayedRetry(_ scope: OrganisationScope) -> String {
        """
        EXISTS (
            SELECT FROM webhook_deliveries d
            WHERE d.org_id = w.org_id AND d.webhook = w.id AND d.next_try IS NOT NULL AND d.tries > 0 AND d.created <= $1
                AND \(scope.condition("d.org_id", parameter: 2))
        )
        """
    }

    /// Returns the conditions for webhooks with such sends, and for the other ones with such deliveries.
    ///
    /// Citus runs a statement on the nodes if each subquery is joined by organisation, and not under an OR.
    static func delayed(_ scope: OrganisationScope) -> (backlog: String, retry: String) {
        let active = "WHERE w.active AND w.paused IS NULL AND \(scope.condition("w.org_id", parameter: 2))"
        let backlog = hasDelayedBacklog(scope)
        return ("\(active) AND \(backlog)", "\(active) AND NOT \(backlog) AND \(hasDelayedRetry(scope))")
    }

    /// Counts the webhooks with such sends.
    static func delayedBacklogSQL(_ scope: OrganisationScope) -> String {
        "SELECT count(*) FROM webhooks w \(delayed(scope).backlog)"
    }

    /// Counts the other webhooks with such deliveries.
    static func delayedRetrySQL(_ scope: OrganisationScope) -> String {
        "SELECT count(*) FROM webhooks w \(delayed(scope).retry)"
    }
}
