import Synchronization

/// A state for metrics that takes time to read, read at most once within a lifetime for any number of scrapes.
package final class GaugeCache<Reading: Sendable>: Sendable {
    private struct State {
        var last: (task: Task<Reading, any Error>, at: ContinuousClock.Instant)?
        var isReading = false
    }

    private let lifetime: Duration
    private let timeout: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let read: @Sendable () async throws -> Reading
    private let state = Mutex(State())

    /// Creates a cache.
    ///
    /// - Parameters:
    ///   - lifetime: the time for which a reading is used
    ///   - timeout: the time that a scrape waits for a reading; scrapers give up after some seconds
    ///   - now: the clock
    ///   - read: reads the state
    package init(
        lifetime: Duration = .seconds(10),
        timeout: Duration = .seconds(2),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        _ read: @escaping @Sendable () async throws -> Reading
    ) {
        (self.lifetime, self.timeout, self.now, self.read) = (lifetime, timeout, now, read)
    }

    /// Returns the state; `nil` if it cannot be read, or not in time.
    package func reading() async -> Reading? {
        let task = state.withLock { state in
            if let last = state.last, state.isReading || now() - last.at < lifetime { return last.task }
            // Scrapes at the same time share one read, which does not end with one of them.
            state.isReading = true
            let task = Task { [self] in
                defer { self.state.withLock { $0.isReading = false } }
                return try await read()
            }
            state.last = (task, now())
            return task
        }
        return await Self.value(of: task, within: timeout)
    }

    /// Returns the value of a task; `nil` if the task fails, or takes longer than the timeout.
    private static func value(of task: Task<Reading, any Error>, within timeout: Duration) async -> Reading? {
        let (values, continuation) = AsyncStream<Reading?>.makeStream()
        let waiting = Task { continuation.yield(try? await task.value) }
        let timer = Task {
            try? await Task.sleep(for: timeout)
            continuation.finish()
        }
        defer {
            waiting.cancel()
            timer.cancel()
        }
        return await values.first { _ in true } ?? nil
    }
}
