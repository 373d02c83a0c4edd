package import SendLogCore

/// The state of webhooks for metrics; see ``GaugeCache``.
package struct WebhookGaugeCache: Sendable {
    private let cache: GaugeCache<Reading>

    /// The gauges of the first webhooks, and the number of those that are left out.
    package struct Reading: Sendable {
        package let gauges: [WebhookGauges]
        package let leftOut: Int
    }

    /// Creates a cache for a maximum number of webhooks, which are read; others are only counted.
    package init(
        store: any WebhookStore,
        limit: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        cache = GaugeCache(now: now) {
            let (gauges, total) = try await store.webhookGauges(limit: limit)
            return Reading(gauges: gauges, leftOut: max(0, total - gauges.count))
        }
    }

    /// Returns the gauges; `nil` if the database is unavailable.
    package func reading() async -> Reading? { await cache.reading() }
}
