/// The pauses between polls, which double while the polls find nothing, without clocks.
public struct PollBackoff: Sendable {
    private let range: ClosedRange<Duration>
    private var pause: Duration

    /// Creates the pauses before any poll.
    ///
    /// - Parameter range: the shortest and the longest pause
    public init(_ range: ClosedRange<Duration>) {
        self.range = range
        pause = range.lowerBound
    }

    /// Returns the pause after a poll, which varies by a fifth, so that servers do not poll at the same moments.
    ///
    /// - Parameters:
    ///   - foundWork: whether the poll found something
    ///   - variation: a random number between -1 and 1
    /// - Returns: the shortest pause after a poll that found something, else twice the pause before it; at most the longest
    ///   pause.
    public mutating func pause(afterWork foundWork: Bool, variation: Double = .random(in: -1...1)) -> Duration {
        let current = foundWork ? range.lowerBound : pause
        pause = min(range.upperBound, current * 2)
        return min(range.upperBound, current * (1 + variation / 5))
    }

    /// The longest pause, for example after a failure.
    public var longest: Duration { range.upperBound }
}
