/// The attempts of a piece of work so far, and the decision whether and when to try again; it uses no clock or I/O.
struct Attempts: Sendable {
    /// The maximum number of attempts, and the time after which no new one begins.
    private static let limit = (count: 4, time: Duration.seconds(2))

    private let begin: ContinuousClock.Instant
    private var count = 0
    private var nodeFailures = 0
    /// Whether an attempt may have done the work: the next one is a retry.
    private(set) var isOutcomeUnknown = false

    init(begin: ContinuousClock.Instant = .now) {
        self.begin = begin
    }

    /// The next attempt.
    enum Next: Equatable {
        /// At once, on the same thread.
        case now
        /// After a delay, on any thread.
        case later(Duration)
        /// There is none.
        case never
    }

    /// Counts a failed attempt, and decides about the next one.
    ///
    /// The first retry is immediate if the server of the connection is alive, or was until now. An error of a node is
    /// retried once.
    ///
    /// - Parameters:
    ///   - failure: the failure
    ///   - hasBegun: whether the work had begun
    ///   - now: the time of the failure
    ///   - jitter: a random number from 0 to 1, so that attempts of several threads do not coincide
    /// - Returns: the decision.
    mutating func next(
        after failure: PostgresFailure,
        hasBegun: Bool,
        at now: ContinuousClock.Instant,
        jitter: Double
    ) -> Next {
        count += 1
        if hasBegun, failure.isOutcomeUnknown { isOutcomeUnknown = true }
        guard let retry = failure.retry, count < Self.limit.count, now - begin < Self.limit.time else { return .never }
        if retry == .node {
            nodeFailures += 1
            return nodeFailures > 1 ? .never : .now
        }
        if count == 1, failure.kind != .unreachable { return .now }
        return .later(.milliseconds(Int((10 + 50 * jitter) * Double(1 << count))))
    }
}
