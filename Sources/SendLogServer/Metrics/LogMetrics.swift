import SendLogAPI

/// The metrics of the log.
struct LogMetrics: Sendable {
    let output: LogOutput

    var families: [MetricFamily] {
        [
            MetricFamily(
                "sendlog_log_lines_dropped_total",
                .counter,
                "Log lines dropped since the start, because the log could not be written.",
                output.dropped
            )
        ]
    }
}
