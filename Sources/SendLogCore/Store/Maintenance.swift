/// The maintenance operations of a store, for operators.
public protocol Maintenance: Sendable {
    /// Checks that the stored data is consistent.
    ///
    /// Compares counters and heads with full counts, and digests and checksums with the contents. Works on one
    /// snapshot, so that recording continues during the check.
    ///
    /// - Parameter progress: called with the number of send logs that are checked and the number of all send logs
    /// - Returns: the problems found, as texts for the operator; empty if there are none.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func check(progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void) async throws(StoreError) -> [String]

    /// Raises an organisation's newest sequence number, so that the next log is recorded after it.
    ///
    /// The sequence numbers in between have no logs, as if these were deleted. Does nothing if the newest sequence
    /// number is not lower.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func raiseHead(to sequence: SequenceNumber, in organisation: OrganisationID) async throws(StoreError)

    /// Writes a backup of the whole database from one snapshot, so that recording continues during the backup.
    ///
    /// - Parameter path: the file to write, which must not exist
    /// - Throws: ``StoreSetupError`` if the file exists or cannot be written; an incomplete file is deleted.
    func backUp(to path: String) async throws(StoreSetupError)

    /// Refuses new work, finishes the accepted recordings, and closes the database.
    func close()
}
