/// Counts of attempts.
public struct AttemptTally: Equatable, Sendable {
    /// The number of attempts that succeeded.
    public var delivered = 0
    /// The number of attempts that failed.
    public var failed = 0
    /// The total duration of all attempts in milliseconds.
    public var duration = 0

    /// Creates a tally without attempts.
    public init() {}

    /// Counts an attempt.
    public mutating func add(_ attempt: DeliveryAttempt) {
        if attempt.isSuccess { delivered += 1 } else { failed += 1 }
        duration += attempt.duration
    }
}
