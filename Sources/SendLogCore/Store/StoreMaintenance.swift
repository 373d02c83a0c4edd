/// What operators do with a store.
public protocol StoreMaintenance: Sendable {
    /// Compares everything that is stored with everything that can be computed from it: counters with a full count, places with an unbroken
    /// row, digests and checksums with the contents.
    ///
    /// Works on the state of one moment, while others go on recording.
    ///
    /// - Parameter progress: told how many of how many send logs were looked at
    /// - Returns: what is wrong, in words for the operator; empty where nothing is.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func check(
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreError) -> [String]

    /// Send logs as they are kept, in the order of recording, some at a time so that memory stays flat.
    ///
    /// - Parameters:
    ///   - sequence: the log behind which to begin; 0 for the beginning
    ///   - organisation: whose logs they are
    ///   - most: how many at most
    /// - Returns: the next logs; none behind the last.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func archive(
        after sequence: SequenceNumber,
        in organisation: OrganisationID,
        most: Int
    ) async throws(StoreError) -> [ArchivedSendLog]

    /// Writes a complete copy, as of one moment, while others go on recording.
    ///
    /// - Parameter path: the file to write, which must not exist
    /// - Throws: ``StoreRefusal`` where it cannot be written; then there is no such file.
    func backUp(to path: String) async throws(StoreRefusal)

    /// Records what was taken, turns new work away, and closes the database.
    func close()
}

extension StoreMaintenance {
    /// As many as suit whoever reads all of them; see ``archive(after:in:most:)``.
    public func archive(
        after sequence: SequenceNumber,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [ArchivedSendLog] {
        try await archive(after: sequence, in: organisation, most: 500)
    }
}

/// A send log as the store keeps it, with the digest over its whole content.
public struct ArchivedSendLog: Equatable, Sendable {
    /// The log.
    public let log: StoredSendLog
    /// SHA-256 over the record and the digest of the list: 32 bytes.
    public let digest: [UInt8]

    /// Makes a log of its parts.
    public init(log: StoredSendLog, digest: [UInt8]) {
        self.log = log
        self.digest = digest
    }
}

/// All that a store does.
public typealias Store = SendLogStore & CampaignStore & Directory & SessionStore & WebhookStore & StoreMaintenance
