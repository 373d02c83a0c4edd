package import SendLogCore

/// The state of webhooks for metrics; see ``GaugeCache``.
package struct WebhookGaugeCache: Sendable {
    private let cache: GaugeCache<Reading>

    /// The numbers of all webhooks, and the gauges of the first ones.
    package struct Reading: Sendable {
        package let counts: WebhookCounts
        package let gauges: [WebhookGauges]

        /// The number of webhooks without gauges.
        package var leftOut: Int { max(0, counts.total - gauges.count) }
    }

    /// Creates a cache for a maximum number of webhooks, which are read; others are only counted.
    ///
    /// - Parameters:
    ///   - store: the store of the webhooks
    ///   - limit: the maximum number
    ///   - clock: the time at which webhooks are delayed
    ///   - now: the time by which a reading ages
    package init(
        store: any WebhookStore,
        limit: Int,
        clock: @escaping @Sendable () -> Timestamp,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        cache = GaugeCache(now: now) {
            let counts = try await store.webhookCounts(at: clock())
            return Reading(counts: counts, gauges: try await store.webhookGauges(limit: limit))
        }
    }

    /// Returns the gauges; `nil` if the database is unavailable.
    package func reading() async -> Reading? { await cache.reading() }
}
