public import SendLogCore
import SendLogScheduling

/// Reads the state of webhooks of all organisations, for metrics.
extension PostgresStore {
    /// See ``WebhookStore/webhookGauges(limit:)``.
    public func webhookGauges(limit: Int) async throws(StoreError) -> [WebhookGauges] {
        if limit == 0 { return [] }
        return try await performLong(for: .server) { connection in
            let failed = try Self.failedCounts(on: connection)
            let parameters = Parameters(limit)
            let rows = try connection.rows(
                """
                SELECT w.org_id, w.id, w.active, w.told, w.gaps, w.failures, w.paused, h.sequence
                FROM webhooks w JOIN organisation_heads h ON h.org_id = w.org_id ORDER BY w.org_id, w.id LIMIT $1
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
    }

    /// See ``WebhookStore/webhookCounts(at:)``.
    public func webhookCounts(at now: Timestamp) async throws(StoreError) -> WebhookCounts {
        let latest = WebhookCounts.latestDelayed(at: now)
        return try await performLong(for: .server) { connection in
            let all = try connection.rows(Self.webhookCountSQL)
            var delayed = 0
            for sql in [Self.delayedBacklogSQL, Self.delayedRetrySQL] {
                try StoredNumber.add(try connection.rows(sql, Parameters(latest)).count(0, 0), to: &delayed)
            }
            return WebhookCounts(total: try all.count(0, 0), paused: try all.count(0, 1), delayed: delayed)
        }
    }

    private static let webhookCountSQL = """
        SELECT count(*), count(*) FILTER (WHERE active AND paused IS NOT NULL) FROM webhooks
        """

    /// Whether a webhook has a new send after its cursor that was recorded up to `$1`, by the samples of the newest
    /// sequence number.
    private static let hasDelayedBacklog = """
        EXISTS (SELECT FROM recording_times t WHERE t.org_id = w.org_id AND t.sequence > w.told AND t.at <= $1)
        """

    /// Whether a webhook has a delivery from before `$1` whose attempts have failed so far.
    private static let hasDelayedRetry = """
        EXISTS (
            SELECT FROM webhook_deliveries d
            WHERE d.org_id = w.org_id AND d.webhook = w.id AND d.next_try IS NOT NULL AND d.tries > 0 AND d.created <= $1
        )
        """

    /// The conditions for webhooks with such sends, and for the other ones with such deliveries.
    ///
    /// Citus runs a statement on the nodes if each subquery is joined by organisation, and not under an OR.
    static let delayed = (
        backlog: "WHERE w.active AND w.paused IS NULL AND \(hasDelayedBacklog)",
        retry: "WHERE w.active AND w.paused IS NULL AND NOT \(hasDelayedBacklog) AND \(hasDelayedRetry)"
    )

    /// Counts the webhooks with such sends.
    static let delayedBacklogSQL = "SELECT count(*) FROM webhooks w \(delayed.backlog)"

    /// Counts the other webhooks with such deliveries.
    static let delayedRetrySQL = "SELECT count(*) FROM webhooks w \(delayed.retry)"
}
