import SendLogCore
import SendLogServices

/// The metrics of all webhooks, and of each of the first ones.
enum WebhookMetrics {
    private typealias Value = @Sendable (WebhookGauges, AttemptTally) -> [(labels: [MetricFamily.Label], value: Int)]

    /// The metrics of each webhook.
    private static let metrics: [(name: String, kind: MetricFamily.Kind, help: String, values: Value)] = [
        (
            "sendlog_webhook_attempts_by_webhook_total", .counter, "Attempts of each webhook.",
            { [([("outcome", "delivered")], $1.delivered), ([("outcome", "failed")], $1.failed)] }
        ),
        (
            "sendlog_webhook_failed_deliveries", .gauge, "Stored deliveries of each webhook that have failed.",
            { gauges, _ in [([], gauges.status.failed)] }
        ),
        (
            "sendlog_webhook_behind", .gauge, "Send logs that each webhook has not processed yet.",
            { gauges, _ in [([], gauges.status.behind)] }
        ),
        (
            "sendlog_webhook_failures", .gauge, "Failed attempts of each webhook since its last successful one.",
            { gauges, _ in [([], gauges.failures)] }
        ),
        (
            "sendlog_webhook_paused", .gauge, "Whether each webhook is paused.",
            { gauges, _ in [([], gauges.isPaused ? 1 : 0)] }
        ),
    ]

    /// Returns the metrics; none without a reading.
    static func families(_ reading: WebhookGaugeCache.Reading?, _ attempts: AttemptTallies) -> [MetricFamily] {
        guard let reading else { return [] }
        let tallies = attempts.tallies(of: reading.gauges.map(\.key))
        let each = metrics.map { metric in
            var family = MetricFamily(metric.name, metric.kind, metric.help)
            for (gauges, tally) in zip(reading.gauges, tallies) {
                let (organisation, webhook) = ("\(gauges.key.organisation.number)", gauges.key.id.text)
                for (labels, value) in metric.values(gauges, tally) {
                    family.add(value, [("organisation", organisation), ("webhook", webhook)] + labels)
                }
            }
            return family
        }
        let (counts, delay) = (reading.counts, WebhookCounts.maxDelay / 60_000)
        return each + [
            MetricFamily(
                "sendlog_webhook_metrics_left_out",
                .gauge,
                "Webhooks without metrics of their own.",
                reading.leftOut
            ),
            MetricFamily("sendlog_webhooks", .gauge, "Webhooks of all organisations.", counts.total),
            MetricFamily("sendlog_paused_webhooks", .gauge, "Active webhooks that are paused.", counts.paused),
            MetricFamily(
                "sendlog_delayed_webhooks",
                .gauge,
                "Active webhooks with a send that has not been delivered for \(delay) minutes.",
                counts.delayed
            ),
        ]
    }
}
