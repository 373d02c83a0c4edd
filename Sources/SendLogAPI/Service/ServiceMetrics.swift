import SendLogCore
import Synchronization

/// The metrics of the service, in the text format of Prometheus
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).
final class ServiceMetrics: Sendable {
    private struct Series: Hashable {
        /// The route's index in the table, which is faster to look up than its name.
        let route: Int
        let status: Int
    }

    private struct Timing {
        let route: String
        /// The number of requests per duration bucket; the last bucket has no upper bound.
        var buckets = [Int](repeating: 0, count: ServiceMetrics.bounds.count + 1)
        var seconds = 0.0
    }

    private struct State {
        var timings: [Series: Timing] = [:]
        var sends = 0
        var destinations = 0
        var bytesSent = 0
    }

    private static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]
    private let state = Mutex(State())

    /// Counts a completed request.
    func requestCompleted(route: Int, name: @autoclosure () -> String, status: Int, seconds: Double, bytes: Int) {
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.bytesSent += bytes
            let add = { (timing: inout Timing) in
                timing.buckets[bucket] += 1
                timing.seconds += seconds
            }
            add(&state.timings[Series(route: route, status: status), default: Timing(route: name())])
        }
    }

    /// Counts recorded send logs.
    func recorded(sends: Int, destinations: Int) {
        state.withLock { state in
            state.sends += sends
            state.destinations += destinations
        }
    }

    /// Renders all metrics, including the attempts of webhooks.
    func text(_ attempts: AttemptTally) -> String {
        let state = state.withLock { $0 }
        var lines = [
            "# HELP sendlog_recorded_sends_total Send logs recorded since the start.",
            "# TYPE sendlog_recorded_sends_total counter",
            "sendlog_recorded_sends_total \(state.sends)",
            "# HELP sendlog_recorded_destinations_total Destinations of the send logs recorded since the start.",
            "# TYPE sendlog_recorded_destinations_total counter",
            "sendlog_recorded_destinations_total \(state.destinations)",
            "# HELP sendlog_http_sent_bytes_total Bytes of response bodies sent.",
            "# TYPE sendlog_http_sent_bytes_total counter",
            "sendlog_http_sent_bytes_total \(state.bytesSent)",
            "# HELP sendlog_webhook_attempts_total Attempts to deliver send logs to webhooks.",
            "# TYPE sendlog_webhook_attempts_total counter",
            "sendlog_webhook_attempts_total{outcome=\"delivered\"} \(attempts.delivered)",
            "sendlog_webhook_attempts_total{outcome=\"failed\"} \(attempts.failed)",
            "# HELP sendlog_webhook_attempt_seconds_total Total duration of the attempts.",
            "# TYPE sendlog_webhook_attempt_seconds_total counter",
            "sendlog_webhook_attempt_seconds_total \(Double(attempts.duration) / 1000)",
            "# HELP sendlog_http_request_seconds Time from the head of a request to the end of its response.",
            "# TYPE sendlog_http_request_seconds histogram",
        ]
        for (series, timing) in state.timings.sorted(by: {
            ($0.value.route, $0.key.status) < ($1.value.route, $1.key.status)
        }) {
            let labels = "route=\"\(timing.route)\",status=\"\(series.status)\""
            var count = 0
            for (bucket, requests) in timing.buckets.enumerated() {
                count += requests
                let bound = bucket < Self.bounds.count ? "\(Self.bounds[bucket])" : "+Inf"
                lines.append("sendlog_http_request_seconds_bucket{\(labels),le=\"\(bound)\"} \(count)")
            }
            lines.append("sendlog_http_request_seconds_sum{\(labels)} \(timing.seconds)")
            lines.append("sendlog_http_request_seconds_count{\(labels)} \(count)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
