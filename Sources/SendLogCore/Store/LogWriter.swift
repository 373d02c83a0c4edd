/// A store that records send logs.
///
/// Every method works within one organisation.
public protocol LogWriter: Sendable {
    /// Records send logs of one organisation, all of them durable when the method returns.
    ///
    /// Each log has its own outcome: recorded, already existing, or in conflict. Recorded logs get the organisation's
    /// next sequence numbers in the order given.
    ///
    /// - Returns: the outcome of each log, in the order given.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if no log was recorded, or if the connection to the database
    ///   broke: then all logs may have been recorded, and a retry is safe; ``StoreError/corrupted(detail:)``.
    func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecordingOutcome]
}
