import SendLogCore
import Synchronization

/// Counts what the service does, for metrics.
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

        /// The number of requests.
        var count: Int { buckets.reduce(0, +) }
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

    /// Returns the metrics, including the attempts of webhooks.
    func families(_ attempts: AttemptTally) -> [MetricFamily] {
        let state = state.withLock { $0 }
        var deliveries = MetricFamily(
            "sendlog_webhook_attempts_total",
            .counter,
            "Attempts to deliver send logs to webhooks."
        )
        deliveries.add(attempts.delivered, [("outcome", "delivered")])
        deliveries.add(attempts.failed, [("outcome", "failed")])
        return [
            MetricFamily(
                "sendlog_recorded_sends_total",
                .counter,
                "Send logs recorded since the start.",
                state.sends
            ),
            MetricFamily(
                "sendlog_recorded_destinations_total",
                .counter,
                "Destinations of the send logs recorded since the start.",
                state.destinations
            ),
            deliveries,
            MetricFamily(
                "sendlog_webhook_attempt_seconds_total",
                .counter,
                "Total duration of the attempts.",
                Double(attempts.duration) / 1000
            ),
            MetricFamily(
                "sendlog_http_sent_bytes_total",
                .counter,
                "Bytes of response bodies sent.",
                state.bytesSent
            ),
            Self.failures(state.timings), Self.durations(state.timings),
        ]
    }

    /// Returns the number of requests that failed because of the server, from 0 on, so that the first one is a rise.
    private static func failures(_ timings: [Series: Timing]) -> MetricFamily {
        var family = MetricFamily(
            "sendlog_http_failures_total",
            .counter,
            "Requests that failed because of an error, or because something was unavailable."
        )
        for status in [500, 503] {
            let failed = timings.filter { $0.key.status == status }.values.map(\.count)
            family.add(failed.reduce(0, +), [("status", "\(status)")])
        }
        return family
    }

    private static func durations(_ timings: [Series: Timing]) -> MetricFamily {
        var family = MetricFamily(
            "sendlog_http_request_seconds",
            .histogram,
            "Time from the head of a request to the end of its response."
        )
        for (series, timing) in timings.sorted(by: {
            ($0.value.route, $0.key.status) < ($1.value.route, $1.key.status)
        }) {
            let labels = [("route", timing.route), ("status", "\(series.status)")]
            var count = 0
            for (bucket, requests) in timing.buckets.enumerated() {
                count += requests
                let bound = bucket < bounds.count ? "\(bounds[bucket])" : "+Inf"
                family.add(count, labels + [("le", bound)], suffix: "_bucket")
            }
            family.add(timing.seconds, labels, suffix: "_sum")
            family.add(count, labels, suffix: "_count")
        }
        return family
    }
}
