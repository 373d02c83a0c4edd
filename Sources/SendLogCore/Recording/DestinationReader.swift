/// Reads a send log's list of destinations chunk by chunk, so that memory use does not grow with the list.
public struct DestinationReader: Sendable {
    private let store: any LogReader
    private let organisation: OrganisationID
    private let log: (sequence: SequenceNumber, destinations: Int)
    /// The largest number of chunks to read at a time.
    private let batch: Int
    /// The number of destinations in the chunks that were passed.
    public private(set) var count = 0
    private var chunk = 0

    /// Creates a reader at the beginning of a list, which reads up to `batch` chunks of up to 128 KiB at a time.
    public init(
        _ store: any LogReader,
        of sequence: SequenceNumber,
        destinations: Int,
        in organisation: OrganisationID,
        batch: Int = 1
    ) {
        (self.store, self.organisation, self.batch) = (store, organisation, batch)
        log = (sequence, destinations)
    }

    /// Passes the next chunks to a closure, each with the position of its first destination, from 0.
    ///
    /// - Parameters:
    ///   - mayContinue: is called after each chunk, and returns false to end the call before the batch is complete
    ///   - body: receives each chunk, which is valid only during the call
    /// - Returns: false at the end of the list; no chunk was passed then.
    /// - Throws: ``StoreError/notFound`` if the log was deleted meanwhile; ``StoreError/corrupted(detail:)`` if a chunk
    ///   is missing; ``StoreError/unavailable(_:detail:)``; the errors of `body`.
    public mutating func next(
        while mayContinue: () -> Bool = { true },
        _ body: (BorrowedChunk, _ first: Int) throws(StoreError) -> Void
    ) async throws(StoreError) -> Bool {
        guard count < log.destinations else { return false }
        var end = count
        let chunks = try await store.destinations(of: log.sequence, from: chunk, limit: batch, in: organisation) {
            (chunk) throws(StoreError) in
            try body(chunk, end)
            end += chunk.count
            return mayContinue()
        }
        guard chunks > 0, end > count else { throw try await missing() }
        chunk += chunks
        count = end
        return true
    }

    /// Returns the error for a missing chunk.
    private func missing() async throws(StoreError) -> StoreError {
        let before = SequenceNumber(log.sequence.number - 1)
        let found = try await store.sendLogs(after: before, in: organisation, limit: 1).logs.first
        if found?.sequence != log.sequence { return .notFound }
        return .corrupted(detail: "a list of destinations is incomplete")
    }
}
