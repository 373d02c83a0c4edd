/// A store that records and searches send logs.
///
/// Every method works within one organisation, and never sees the logs of another one.
public protocol SendLogStore: Sendable {
    /// Records send logs of one organisation, all of them durable when the method returns.
    ///
    /// Each log has its own outcome: recorded, already existing, or in conflict. Recorded logs get the organisation's
    /// next sequence numbers, without gaps, in the order given.
    ///
    /// - Returns: the outcome of each log, in the order given.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if no log was recorded, or if the connection to the database
    ///   broke: then all logs may have been recorded, and a retry is safe; ``StoreError/corrupted(detail:)``.
    func record(
        _ logs: [NewSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecordingOutcome]

    /// Returns the send log with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func sendLog(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> StoredSendLog

    /// Returns the send log with an ID if the store can read it without waiting.
    ///
    /// - Returns: the log; `nil` if the read would wait: then use ``sendLog(_:in:)``.
    /// - Throws: the errors of ``sendLog(_:in:)``.
    func sendLogWithoutBlocking(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) throws(StoreError) -> StoredSendLog?

    /// Returns the total of a search and the first block of rows of its page.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func search(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> SearchResult

    /// Returns the next block of rows of a page.
    ///
    /// - Parameters:
    ///   - rest: the ``RowBlock/rest`` of the previous block
    ///   - organisation: the organisation that owns the logs
    /// - Returns: the rows, and the rest of the page after them.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func rows(
        _ rest: RestOfPage,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RowBlock

    /// Passes the chunks of a log's destination list to a closure, a few per call so that memory use stays constant.
    ///
    /// - Parameters:
    ///   - sequence: the log's sequence number
    ///   - first: the index of the first chunk, from 0
    ///   - limit: the largest number of chunks, at least one
    ///   - organisation: the organisation that owns the log
    ///   - take: a closure that is called with each chunk; the chunk is valid only during the call
    /// - Returns: the number of chunks passed; 0 at the end of the list.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``; the errors of `take`.
    func destinations(
        of sequence: SequenceNumber,
        from first: Int,
        limit: Int,
        in organisation: OrganisationID,
        _ take: (BorrowedChunk) throws(StoreError) -> Void
    ) async throws(StoreError) -> Int
}

/// The outcome of recording one send log.
public enum RecordingOutcome: Equatable, Sendable {
    /// The log is recorded.
    case recorded(StoredSendLog)
    /// The same log with the same content was recorded before.
    case existing(StoredSendLog)
    /// A log with the same ID and other content exists; nothing was written.
    case conflict
}

/// A send log as the store keeps it.
public struct StoredSendLog: Equatable, Sendable {
    /// The log's sequence number.
    public let sequence: SequenceNumber
    /// The JSON object up to and including `startDeliveryAt`; see ``NewSendLog/record``.
    public let record: [UInt8]
    /// The number of destinations.
    public let destinations: Int

    /// Creates a stored send log.
    public init(sequence: SequenceNumber, record: [UInt8], destinations: Int) {
        self.sequence = sequence
        self.record = record
        self.destinations = destinations
    }
}

/// The first part of a search's result.
public struct SearchResult: Equatable, Sendable {
    /// The number of logs that match the search, without its skip and limit.
    public let total: Int
    /// The snapshot of the search: the newest sequence number that it saw, which further pages use as `as_of`.
    public let asOf: SequenceNumber
    /// The first rows of the page.
    public let rows: RowBlock

    /// Creates a search result.
    public init(total: Int, asOf: SequenceNumber, rows: RowBlock) {
        self.total = total
        self.asOf = asOf
        self.rows = rows
    }
}

/// A block of rows of a page, in the page's order, rendered as JSON for the response.
public struct RowBlock: Equatable, Sendable {
    /// The size limit of a block within a longer response, in bytes: the memory that a response holds while its client
    /// does not read.
    public static let partByteLimit = 112 * 1024
    /// The size limit of a block whose rows are sent with their destination lists, in bytes; the block stays in memory
    /// while the lists are sent.
    public static let listsByteLimit = 48 * 1024
    /// The size limit of a block that may hold a whole page, in bytes, so that an ordinary page is sent in one piece.
    public static let pageByteLimit = 352 * 1024
    /// The size limit of this block in bytes; the text exceeds it by at most one row.
    public let size: Int

    /// The logs with their numbers of destinations, as JSON objects separated by commas.
    public private(set) var text: [UInt8] = []
    /// The rows, each with the range of its record in the text.
    public private(set) var rows: [Row] = []
    /// The rest of the page after this block; `nil` at the end of the page.
    public var rest: RestOfPage?

    /// A row of a block.
    public struct Row: Equatable, Sendable {
        /// The range of the log's record in ``RowBlock/text``; see ``NewSendLog/record``.
        public let record: Range<Int>
        /// The log's sequence number.
        public let sequence: SequenceNumber
        /// The log's number of destinations.
        public let destinations: Int
    }

    /// Creates an empty block that belongs to no search.
    public init() { size = Self.partByteLimit }

    /// Creates an empty block for the rest of a search's page.
    public init(restOf search: SendLogSearch) { size = search.isStreamed ? Self.listsByteLimit : Self.partByteLimit }

    /// Creates an empty block for the beginning of a search's page.
    public init(for search: SendLogSearch) {
        let isPage = !search.isStreamed && search.limit <= SendLogSearch.defaultLimit
        size = isPage ? Self.pageByteLimit : RowBlock(restOf: search).size
    }

    /// Whether the block has reached its size limit.
    public var isFull: Bool { text.count >= size }

    /// Appends a row.
    ///
    /// - Parameters:
    ///   - record: the log's record; see ``NewSendLog/record``
    ///   - sequence: the log's sequence number
    ///   - destinations: the log's number of destinations
    public mutating func append(_ record: UnsafeRawBufferPointer, sequence: SequenceNumber, destinations: Int) {
        if !rows.isEmpty { text.append(UInt8(ascii: ",")) }
        let begin = text.count
        text.append(contentsOf: record)
        rows.append(Row(record: begin..<text.count, sequence: sequence, destinations: destinations))
        text.append(",\"destinations\":")
        text.appendDecimal(destinations)
        text.append(UInt8(ascii: "}"))
    }

    /// Reserves memory for a number of logs of ordinary length, up to the size limit.
    public mutating func reserve(_ count: Int) {
        rows.reserveCapacity(min(count, size / 128))
        text.reserveCapacity(min(count * 320, size + 8192))
    }
}

/// The rest of a page after a row.
public struct RestOfPage: Equatable, Sendable {
    /// The search with its `asOf` set; its limit is the number of rows left in the page.
    public let search: SendLogSearch
    /// The `startDeliveryAt` of the last row returned.
    public let start: Timestamp
    /// The sequence number of the last row returned.
    public let sequence: SequenceNumber

    /// Creates the rest of a page after a row.
    public init(search: SendLogSearch, start: Timestamp, sequence: SequenceNumber) {
        self.search = search
        self.start = start
        self.sequence = sequence
    }
}
