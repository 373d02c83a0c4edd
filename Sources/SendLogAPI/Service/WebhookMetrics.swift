import SendLogCore
import SendLogServices

/// The metrics of each webhook, in the text format of Prometheus.
enum WebhookMetrics {
    private typealias Value = @Sendable (WebhookGauges, AttemptTally) -> [(labels: String, value: Int)]

    private static let metrics: [(name: String, type: String, help: String, values: Value)] = [
        (
            "sendlog_webhook_attempts_by_webhook_total", "counter", "Attempts of each webhook.",
            { [(",outcome=\"delivered\"", $1.delivered), (",outcome=\"failed\"", $1.failed)] }
        ),
        (
            "sendlog_webhook_failed_deliveries", "gauge", "Stored deliveries of each webhook that have failed.",
            { gauges, _ in [("", gauges.status.failed)] }
        ),
        (
            "sendlog_webhook_behind", "gauge", "Send logs that each webhook has not processed yet.",
            { gauges, _ in [("", gauges.status.behind)] }
        ),
        (
            "sendlog_webhook_failures", "gauge", "Failed attempts of each webhook since its last successful one.",
            { gauges, _ in [("", gauges.failures)] }
        ),
        (
            "sendlog_webhook_paused", "gauge", "Whether each webhook is paused.",
            { gauges, _ in [("", gauges.isPaused ? 1 : 0)] }
        ),
    ]

    /// Renders the metrics; empty without a reading.
    static func text(_ reading: WebhookGaugeCache.Reading?, _ attempts: AttemptTallies) -> String {
        guard let reading else { return "" }
        let tallies = attempts.tallies(of: reading.gauges.map(\.key))
        var lines: [String] = []
        for metric in metrics {
            lines += ["# HELP \(metric.name) \(metric.help)", "# TYPE \(metric.name) \(metric.type)"]
            for (gauges, tally) in zip(reading.gauges, tallies) {
                let key = "organisation=\"\(gauges.key.organisation.number)\",webhook=\"\(gauges.key.id)\""
                lines += metric.values(gauges, tally).map { "\(metric.name){\(key)\($0.labels)} \($0.value)" }
            }
        }
        let name = "sendlog_webhook_metrics_left_out"
        lines += ["# HELP \(name) Webhooks without metrics of their own.", "# TYPE \(name) gauge"]
        lines.append("\(name) \(reading.leftOut)")
        return lines.joined(separator: "\n") + "\n"
    }
}
