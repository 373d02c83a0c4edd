package import SendLogCore

/// The state of webhooks for metrics, read at most once in ten seconds for any number of scrapes.
package actor WebhookGaugeCache {
    private let store: any WebhookStore
    /// The maximum number of webhooks that are read; others are only counted.
    private let limit: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private var last: (task: Task<Reading, any Error>, at: ContinuousClock.Instant)?

    /// The time for which a reading is used.
    private static let lifetime = Duration.seconds(10)

    /// The gauges of the first webhooks, and the number of those that are left out.
    package struct Reading: Sendable {
        package let gauges: [WebhookGauges]
        package let leftOut: Int
    }

    package init(
        store: any WebhookStore,
        limit: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.store, self.limit, self.now) = (store, limit, now)
    }

    /// Returns the gauges; `nil` if the database is unavailable.
    package func reading() async -> Reading? {
        let task: Task<Reading, any Error>
        if let last, now() - last.at < Self.lifetime {
            task = last.task
        } else {
            // Scrapes at the same time share one read, which does not end with one of them.
            task = Task { [store, limit] in
                let (gauges, total) = try await store.webhookGauges(limit: limit)
                return Reading(gauges: gauges, leftOut: max(0, total - gauges.count))
            }
            last = (task, now())
        }
        return try? await task.value
    }
}
