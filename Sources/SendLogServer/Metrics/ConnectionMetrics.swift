import SendLogAPI
import SendLogHTTP

/// The metrics of the HTTP server's connections.
struct ConnectionMetrics: Sendable {
    let counts: ConnectionCounts
    /// The maximum number of open connections.
    let limit: Int

    var families: [MetricFamily] {
        [
            MetricFamily("sendlog_http_connections", .gauge, "Open connections.", counts.open),
            MetricFamily("sendlog_http_connections_limit", .gauge, "Maximum number of open connections.", limit),
            MetricFamily(
                "sendlog_http_connections_accepted_total",
                .counter,
                "Connections accepted since the start.",
                counts.accepted
            ),
            MetricFamily(
                "sendlog_http_connections_refused_total",
                .counter,
                "Connections closed at once since the start, because their client had too many.",
                counts.refused
            ),
            MetricFamily(
                "sendlog_http_requests_in_progress",
                .gauge,
                "Requests in progress, without those that an event loop answers at once.",
                counts.requestsInProgress
            ),
        ]
    }
}
