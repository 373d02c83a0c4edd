public import SendLogCore
import SendLogScheduling

/// Reads the state of webhooks of all organisations, for metrics.
extension SQLiteStore {
    /// See ``WebhookStore/webhookGauges(limit:)``.
    public func webhookGauges(limit: Int) async throws(StoreError) -> [WebhookGauges] {
        if limit == 0 { return [] }
        return try await readers.scan(for: .server) { database in
            let failed = try Self.failedCounts(on: database)
            var query = try Query(
                """
                SELECT w.organisation, w.id, w.active, w.told, w.gaps, w.failures, w.paused, o.sequence
                FROM webhooks w JOIN organisations o ON o.id = w.organisation ORDER BY w.organisation, w.id LIMIT ?
                """,
                on: database
            )
            try query.bind(limit)
            var gauges: [WebhookGauges] = []
            while try query.step() {
                // Skip a damaged row, so that it does not hide the other webhooks.
                guard let id = WebhookID(query.text(1)), let ranges = try? SkippedRange.read(stored: query.text(4))
                else { continue }
                let key = WebhookKey(organisation: OrganisationID(query.integer(0)), id: id)
                let pause = query.optionalInteger(6).map { _ in WebhookProgress.Pause(at: .earliest, reason: "") }
                let progress = WebhookProgress(
                    cursor: SequenceNumber(query.integer(3)),
                    skippedRanges: ranges,
                    failures: Int(query.integer(5)),
                    pause: pause
                )
                let head = SequenceNumber(query.integer(7))
                let (isActive, count) = (query.integer(2) == 1, failed[key] ?? 0)
                let one = try? WebhookGauges(
                    key: key,
                    isActive: isActive,
                    progress: progress,
                    head: head,
                    failed: count
                )
                if let one { gauges.append(one) }
            }
            return gauges
        }
    }

    /// Whether the webhook `w` has a send to deliver that was recorded up to `?1`; see ``WebhookCounts/delayed``.
    static let isDelayed = """
        (
            EXISTS (SELECT 1 FROM recording_times t
                WHERE t.organisation = w.organisation AND t.sequence > w.told AND t.at <= ?1)
            OR EXISTS (SELECT 1 FROM webhook_deliveries d INDEXED BY webhook_deliveries_due
                WHERE d.organisation = w.organisation AND d.webhook = w.id AND d.next_try IS NOT NULL
                    AND d.tries > 0 AND d.created <= ?1)
        )
        """

    /// See ``WebhookStore/webhookCounts(at:)``.
    public func webhookCounts(at now: Timestamp) async throws(StoreError) -> WebhookCounts {
        try await readers.scan(for: .server) { database in
            var query = try Query(
                dynamicSQL: """
                    SELECT count(*), coalesce(sum(active = 1 AND paused IS NOT NULL), 0),
                        coalesce(sum(active = 1 AND paused IS NULL AND \(Self.isDelayed)), 0)
                    FROM webhooks w
                    """,
                on: database
            )
            try query.bind(WebhookCounts.latestDelayed(at: now))
            guard try query.step() else { return WebhookCounts(total: 0, paused: 0, delayed: 0) }
            return WebhookCounts(total: try query.count(0), paused: try query.count(1), delayed: try query.count(2))
        }
    }
}
