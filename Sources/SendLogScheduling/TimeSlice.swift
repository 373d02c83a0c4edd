/// A time slice, after which a task that computes yields to other tasks.
///
/// Create it before a loop, and call ``yieldIfOver()`` in each iteration, which must be short compared to ``length``.
public struct TimeSlice: Sendable {
    private var end: ContinuousClock.Instant

    /// The time that a task computes before it yields.
    public static let length = Duration.milliseconds(2)

    /// Begins a slice.
    public init() { end = .now + Self.length }

    /// Yields to other tasks if the slice is over, and then begins the next one.
    public mutating func yieldIfOver() async {
        guard .now >= end else { return }
        await Task.yield()
        end = .now + Self.length
    }
}
