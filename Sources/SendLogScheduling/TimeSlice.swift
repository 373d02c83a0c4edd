/// Says when a task that computes has had its slice, and lets others have theirs.
///
/// Make one where a loop begins, and call ``yieldIfOver()`` in each round, a round being short beside ``length``.
public struct TimeSlice: Sendable {
    private var end: ContinuousClock.Instant

    /// How long a task computes before others have their turn.
    public static let length = Duration.milliseconds(2)

    /// Begins a slice.
    public init() { end = .now + Self.length }

    /// Lets others have their turn if the slice is over, and begins the next one.
    public mutating func yieldIfOver() async {
        guard .now >= end else { return }
        await Task.yield()
        end = .now + Self.length
    }
}
