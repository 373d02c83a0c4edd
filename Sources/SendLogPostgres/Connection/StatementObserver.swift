/// Observes a statement that waits for the server, on the thread that waits.
struct StatementObserver {
    /// The time between two calls of ``wait()``, in milliseconds.
    private static let interval: Int32 = 100

    /// Is called every 100 ms while the statement waits; an error ends the wait, and leaves the statement running.
    let wait: () throws(PostgresFailure) -> Void

    /// Returns how long to wait before the next call of ``wait()``.
    ///
    /// - Parameter milliseconds: the time that is left, in milliseconds; -1 for no limit
    /// - Returns: the time in milliseconds.
    static func slice(of milliseconds: Int32) -> Int32 {
        milliseconds < 0 ? interval : min(interval, milliseconds)
    }
}
