/// A state of the database for metrics, read at most once in ten seconds for any number of scrapes.
package actor GaugeCache<Reading: Sendable> {
    private let now: @Sendable () -> ContinuousClock.Instant
    private let read: @Sendable () async throws -> Reading
    private var last: (task: Task<Reading, any Error>, at: ContinuousClock.Instant)?

    /// The time for which a reading is used.
    private let lifetime = Duration.seconds(10)

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        _ read: @escaping @Sendable () async throws -> Reading
    ) {
        (self.now, self.read) = (now, read)
    }

    /// Returns the state; `nil` if the database is unavailable.
    package func reading() async -> Reading? {
        let task: Task<Reading, any Error>
        if let last, now() - last.at < lifetime {
            task = last.task
        } else {
            // Scrapes at the same time share one read, which does not end with one of them.
            task = Task { [read] in try await read() }
            last = (task, now())
        }
        return try? await task.value
    }
}
