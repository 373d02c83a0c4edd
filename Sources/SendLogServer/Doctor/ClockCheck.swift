import SendLogCore

/// Finds stored times in the future, which a wrong clock has stored.
enum ClockCheck {
    /// What to do about them.
    static let advice = "check the clock and its synchronisation (timedatectl) of each machine with a server"

    /// The number of sends that start more than a year from now which is worth a note.
    private static let manySends: Int64 = 100
    private static let year: Int64 = 365 * Day.milliseconds

    /// Returns the findings about a database.
    ///
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    static func findings(_ inspection: any DatabaseInspection, at now: Timestamp) throws -> [DoctorFinding] {
        try StoredTime.allCases.compactMap { kind in
            let (count, latest) = try inspection.count(of: kind, after: kind.latest(at: now))
            return finding(kind, count: count, latest: latest)
        } + plannedSends(inspection, at: now)
    }

    /// Returns the finding about times of a kind; `nil` if there are none.
    static func finding(_ kind: StoredTime, count: Int64, latest: Int64) -> DoctorFinding? {
        if count == 0 { return nil }
        let time = Timestamp(milliseconds: latest).map { "\($0)" } ?? "after the year 9999"
        let message = "\(count) \(kind.plural) are too far in the future, the latest \(time): a clock was wrong"
        let advice = kind == .nextAttempt ? "\(advice), and redeliver these deliveries in the console" : advice
        return DoctorFinding(.clock, .warning, message, advice: advice)
    }

    /// A send can be planned for a later time, so that only many of them a year ahead are worth a note.
    private static func plannedSends(
        _ inspection: any DatabaseInspection,
        at now: Timestamp
    ) throws -> [DoctorFinding] {
        let count = try inspection.sendCount(startingAfter: now.advanced(by: year).day)
        if count <= manySends { return [] }
        let message = "\(count) sends have a startDeliveryAt more than a year from now"
        return [DoctorFinding(.clock, .note, message, advice: "check the clock of the system that records them")]
    }
}
