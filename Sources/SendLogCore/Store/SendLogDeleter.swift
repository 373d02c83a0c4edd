/// A store that can delete send logs.
///
/// A copy deletes what its source has deleted. No part of the API or of the command line deletes send logs yet.
public protocol SendLogDeleter: Sendable {
    /// Deletes send logs with their destinations, and takes them out of the counters, in one transaction.
    ///
    /// Their sequence numbers are not used again. Deliveries of webhooks are kept.
    ///
    /// - Parameters:
    ///   - sequences: the sequence numbers; those without a log are left out
    ///   - organisation: the organisation that owns the logs
    /// - Returns: the number of deleted logs.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func deleteSendLogs(_ sequences: [SequenceNumber], in organisation: OrganisationID) async throws(StoreError) -> Int
}
