import SendLogCore

/// The organisations whose recipient index is left alone for a while, because it could not be extended.
///
/// After failures in a row the pause doubles, so that a damaged list takes little time and is logged some hundred times a
/// day.
struct IndexingPauses {
    private var pauses: [OrganisationID: (failures: Int, end: ContinuousClock.Instant)] = [:]

    /// The shortest and the longest pause, in seconds.
    static let range = 1...900

    /// Returns the organisations whose pause is not over.
    func paused(at now: ContinuousClock.Instant) -> Set<OrganisationID> {
        Set(pauses.filter { $0.value.end > now }.keys)
    }

    /// Forgets the failures of an organisation whose index was extended.
    mutating func succeeded(_ organisation: OrganisationID) { pauses[organisation] = nil }

    /// Begins the pause of an organisation whose index could not be extended.
    ///
    /// - Returns: its length in seconds.
    mutating func failed(_ organisation: OrganisationID, at now: ContinuousClock.Instant) -> Int {
        let failures = pauses[organisation]?.failures ?? 0
        let pause = min(Self.range.lowerBound << min(failures, 10), Self.range.upperBound)
        pauses[organisation] = (failures + 1, now + .seconds(pause))
        return pause
    }
}
