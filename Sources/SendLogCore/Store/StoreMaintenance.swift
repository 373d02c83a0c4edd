/// The maintenance operations of a store, for operators.
public protocol StoreMaintenance: Sendable {
    /// Checks that the stored data is consistent.
    ///
    /// Compares counters with full counts, digests and checksums with the contents, and checks that the sequence
    /// numbers have no gaps. Works on one snapshot, so that recording goes on during the check.
    ///
    /// - Parameter progress: called with the number of send logs that are checked and the number of all send logs
    /// - Returns: the problems found, as texts for the operator; empty if there are none.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func check(
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreError) -> [String]

    /// Reads stored send logs by ascending sequence number, in batches so that memory use stays constant.
    ///
    /// - Parameters:
    ///   - sequence: the sequence number after which the batch begins; 0 for the first log
    ///   - organisation: the organisation that owns the logs
    ///   - limit: the largest number of logs in the batch
    /// - Returns: the next logs; empty after the last log.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func sendLogs(
        after sequence: SequenceNumber,
        in organisation: OrganisationID,
        limit: Int
    ) async throws(StoreError) -> [StoredSendLogWithDigest]

    /// Writes a backup of the whole database from one snapshot, so that recording goes on during the backup.
    ///
    /// - Parameter path: the file to write, which must not exist
    /// - Throws: ``StoreSetupError`` if the file exists or cannot be written; an incomplete file is deleted.
    func backUp(to path: String) async throws(StoreSetupError)

    /// Refuses new work, finishes the accepted recordings, and closes the database.
    func close()
}

extension StoreMaintenance {
    /// Reads stored send logs in batches of 500; see ``sendLogs(after:in:limit:)``.
    public func sendLogs(
        after sequence: SequenceNumber,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [StoredSendLogWithDigest] {
        try await sendLogs(after: sequence, in: organisation, limit: 500)
    }
}

/// A complete store: every store protocol together.
public typealias Store = SendLogStore & CampaignStore & OrganisationStore & KeyStore & SessionStore & WebhookStore
    & StoreMaintenance
