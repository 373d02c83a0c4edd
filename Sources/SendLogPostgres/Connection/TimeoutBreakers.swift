import SendLogCore

/// Decides for each organisation whether its work is refused, because its last statement timed out.
///
/// After a timeout, work is refused for a second, then for twice as long after each further timeout, up to 4 seconds. In
/// between, one piece of work may try. It uses no clock, and its owner guards it with a lock.
struct TimeoutBreakers {
    private struct Breaker {
        var timeouts: Int
        var end: ContinuousClock.Instant
    }

    private static let maxTimeouts = 3
    private static let maxCount = 10_000
    private var breakers: [OrganisationID: Breaker] = [:]

    /// Returns whether an organisation's work is refused now, without admitting any.
    func refuses(_ organisation: OrganisationID, at now: ContinuousClock.Instant) -> Bool {
        breakers[organisation].map { now < $0.end } ?? false
    }

    /// Returns whether an organisation's work is admitted; if it was refused until now, the next is refused again until
    /// the outcome is known.
    mutating func admits(_ organisation: OrganisationID, at now: ContinuousClock.Instant) -> Bool {
        guard var breaker = breakers[organisation] else { return true }
        if now < breaker.end { return false }
        breaker.end = now + Self.duration(after: breaker.timeouts)
        breakers[organisation] = breaker
        return true
    }

    /// Records the outcome of a statement.
    mutating func record(_ hasTimedOut: Bool, of organisation: OrganisationID, at now: ContinuousClock.Instant) {
        guard hasTimedOut else {
            breakers[organisation] = nil
            return
        }
        if breakers.count >= Self.maxCount { breakers = [:] }
        let timeouts = min(Self.maxTimeouts, (breakers[organisation]?.timeouts ?? 0) + 1)
        breakers[organisation] = Breaker(timeouts: timeouts, end: now + Self.duration(after: timeouts))
    }

    private static func duration(after timeouts: Int) -> Duration { .seconds(1 << (timeouts - 1)) }
}
