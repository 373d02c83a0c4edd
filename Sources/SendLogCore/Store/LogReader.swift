/// A store that searches and reads send logs.
///
/// Every method works within one organisation, and never sees the logs of another one.
public protocol LogReader: Sendable {
    /// Returns the send log with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func sendLog(_ id: SendLogID, in organisation: OrganisationID) async throws(StoreError) -> StoredSendLog

    /// Returns the send log with an ID if the store can read it without waiting.
    ///
    /// The store may prepare for more such reads. ``endReads()`` must follow, before the caller waits for anything.
    ///
    /// - Returns: the log; `nil` if the read would wait: then use ``sendLog(_:in:)``.
    /// - Throws: the errors of ``sendLog(_:in:)``.
    func sendLogWithoutBlocking(_ id: SendLogID, in organisation: OrganisationID) throws(StoreError) -> StoredSendLog?

    /// Ends a series of calls of ``sendLogWithoutBlocking(_:in:)``.
    func endReads()

    /// Returns the number of send logs in ranges of sequence numbers.
    ///
    /// - Parameters:
    ///   - ranges: ranges of sequence numbers from 1 that do not overlap
    ///   - organisation: the organisation that owns the logs
    /// - Returns: the number of logs, without deleted ones.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func sendLogCount(
        in ranges: [ClosedRange<SequenceNumber>],
        of organisation: OrganisationID
    ) async throws(StoreError) -> Int

    /// Returns the totals of a search in periods of time, all as of one snapshot.
    ///
    /// - Parameters:
    ///   - search: the search, of which only `campaigns`, `found` and `asOf` count; the periods take the place of `from`
    ///     and `to`
    ///   - periods: inclusive ranges of `startDeliveryAt`, in ascending order, of which no two overlap; at most
    ///     ``TotalsPlan/maxPeriods``
    ///   - maxReads: the largest number of send logs that may have to be read one by one; `nil` for no limit. The number
    ///     is that of `found`, or estimated from the counters of the days that the periods cut.
    ///   - organisation: the organisation that owns the logs
    /// - Returns: the totals of each period; `nil` if more send logs than `maxReads` would have to be read.
    /// - Throws: ``StoreError/notFound`` if the organisation does not exist; ``StoreError/unavailable(_:detail:)``;
    ///   ``StoreError/corrupted(detail:)``.
    func totals(
        of search: SendLogSearch,
        in periods: [ClosedRange<Timestamp>],
        maxReads: Int?,
        of organisation: OrganisationID
    ) async throws(StoreError) -> [SendTotals]?

    /// Returns the total of a search and the first block of rows of its page.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func search(_ search: SendLogSearch, in organisation: OrganisationID) async throws(StoreError) -> SearchResult

    /// Returns the next block of rows of a page.
    ///
    /// - Parameters:
    ///   - rest: the ``RowBlock/rest`` of the previous block
    ///   - organisation: the organisation that owns the logs
    /// - Returns: the rows, and the rest of the page after them.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func rows(_ rest: RestOfPage, in organisation: OrganisationID) async throws(StoreError) -> RowBlock

    /// Passes the chunks of a log's destination list to a closure, a few per call so that memory use stays constant.
    ///
    /// - Parameters:
    ///   - sequence: the log's sequence number
    ///   - first: the index of the first chunk, from 0
    ///   - limit: the largest number of chunks, at least one
    ///   - organisation: the organisation that owns the log
    ///   - take: is called with each chunk, which is valid only during the call, and returns false to get no more
    /// - Returns: the number of chunks passed; 0 at the end of the list.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``; the errors of `take`.
    func destinations(
        of sequence: SequenceNumber,
        from first: Int,
        limit: Int,
        in organisation: OrganisationID,
        _ take: (BorrowedChunk) throws(StoreError) -> Bool
    ) async throws(StoreError) -> Int

    /// Reads stored send logs by ascending sequence number, in batches so that memory use stays constant.
    ///
    /// - Parameters:
    ///   - sequence: the sequence number after which the batch begins; 0 for the first log
    ///   - organisation: the organisation that owns the logs
    ///   - limit: the largest number of logs in the batch
    /// - Returns: the next logs, none after the last log, and the sequence number up to which no log is left out.
    /// - Throws: ``StoreError/notFound`` if the organisation does not exist; ``StoreError/unavailable(_:detail:)``.
    func sendLogs(
        after sequence: SequenceNumber,
        in organisation: OrganisationID,
        limit: Int
    ) async throws(StoreError) -> SendLogBatch

    /// Checks that the database responds.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func ping() async throws(StoreError)
}

extension LogReader {
    /// Reads stored send logs in batches of 500; see ``sendLogs(after:in:limit:)``.
    public func sendLogs(
        after sequence: SequenceNumber,
        in organisation: OrganisationID
    ) async throws(StoreError) -> SendLogBatch {
        try await sendLogs(after: sequence, in: organisation, limit: 500)
    }
}
