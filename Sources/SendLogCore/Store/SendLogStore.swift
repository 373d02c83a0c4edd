/// Records send logs and finds them again.
///
/// Every method works within one organisation; another's logs do not exist for it.
public protocol SendLogStore: Sendable {
    /// Records send logs of one organisation, all of them durable when it returns.
    ///
    /// Each is recorded, or found to be there already, or in conflict, on its own. The logs that are recorded get the
    /// organisation's next places in the order of their recording, without gaps, in the order given.
    ///
    /// - Returns: what became of each log, in the order given.
    /// - Throws: ``StoreError/unavailable(_:detail:)``, and then none of them was recorded, or, where the connection to the database
    ///   broke, all may have been and repeating is safe; ``StoreError/damaged(detail:)``.
    func record(
        _ logs: [NewSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [Recording]

    /// The send log of an id.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``.
    func sendLog(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> StoredSendLog

    /// The send log of an id, where it can be had without waiting.
    ///
    /// - Returns: `nil` where it must be waited for, with ``sendLog(_:in:)``.
    /// - Throws: what ``sendLog(_:in:)`` throws.
    func sendLogAtOnce(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) throws(StoreError) -> StoredSendLog?

    /// The total of a search and the first rows of its page, as many as fit into a block of bounded size.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``.
    func search(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> SearchAnswer

    /// The next rows of a page that did not fit into one block.
    ///
    /// - Parameters:
    ///   - rest: what the block before left over
    ///   - organisation: whose logs they are
    /// - Returns: the rows, and what is left then.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``.
    func rows(
        _ rest: RestOfPage,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RowBlock

    /// Lends the chunks of a log's list of destinations, some at a time so that memory stays flat.
    ///
    /// - Parameters:
    ///   - sequence: the log's place in the order of recording
    ///   - first: the first chunk wanted, from 0
    ///   - most: how many chunks to lend at most, at least one
    ///   - organisation: whose log it is
    ///   - take: takes a chunk where it lies
    /// - Returns: how many chunks were lent; none at the end of the list.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``; what `take` throws.
    func destinations(
        of sequence: SequenceNumber,
        from first: Int,
        most: Int,
        in organisation: OrganisationID,
        _ take: (LentChunk) throws(StoreError) -> Void
    ) async throws(StoreError) -> Int
}

/// What became of a log that was to be recorded.
public enum Recording: Equatable, Sendable {
    /// It was recorded now.
    case recorded(StoredSendLog)
    /// The same log, with the same content, had been recorded before.
    case existing(StoredSendLog)
    /// Its id belongs to a log with other content. Nothing was written.
    case conflict
}

/// A send log as the store keeps it.
public struct StoredSendLog: Equatable, Sendable {
    /// Its place in the order of recording.
    public let sequence: SequenceNumber
    /// The JSON object up to and including `startDeliveryAt`; see ``NewSendLog/record``.
    public let record: [UInt8]
    /// How many destinations it has.
    public let destinations: Int

    /// Makes a log of its parts.
    public init(sequence: SequenceNumber, record: [UInt8], destinations: Int) {
        self.sequence = sequence
        self.record = record
        self.destinations = destinations
    }
}

/// The first part of the answer to a search.
public struct SearchAnswer: Equatable, Sendable {
    /// How many logs the search finds, whatever its skip and limit.
    public let total: Int
    /// The last log in the order of recording that the answer saw, or would have seen: what a walk is pinned to.
    public let asOf: SequenceNumber
    /// The first rows of the page.
    public let rows: RowBlock

    /// Makes an answer of its parts.
    public init(total: Int, asOf: SequenceNumber, rows: RowBlock) {
        self.total = total
        self.asOf = asOf
        self.rows = rows
    }
}

/// Rows of a page in its order, rendered as they are answered.
public struct RowBlock: Equatable, Sendable {
    /// When a block is full that is a part of a longer answer, in bytes: what an answer holds whose client does not read.
    public static let partSize = 112 * 1024
    /// When a block is full whose rows are answered with their lists, in bytes: it is held while they are sent.
    public static let listsSize = 48 * 1024
    /// When a block is full that may be a whole page, in bytes: a page of ordinary length is answered in one piece.
    public static let pageSize = 352 * 1024
    /// When this block is full, in bytes; it holds at most one row more.
    public let size: Int

    /// The logs with their numbers of destinations, as JSON objects with commas between them.
    public private(set) var text: [UInt8] = []
    /// Where each log stands in the text.
    public private(set) var rows: [Row] = []
    /// What of the page comes after this block, or `nil` at its end.
    public var rest: RestOfPage?

    /// One row of a block.
    public struct Row: Equatable, Sendable {
        /// Where its record stands in ``RowBlock/text``; see ``NewSendLog/record``.
        public let record: Range<Int>
        /// The log's place in the order of recording.
        public let sequence: SequenceNumber
        /// How many destinations the log has.
        public let destinations: Int
    }

    /// Makes an empty block that holds nothing of a search.
    public init() { size = Self.partSize }

    /// Makes an empty block for more of a search's page.
    public init(restOf search: SendLogSearch) { size = search.isStreamed ? Self.listsSize : Self.partSize }

    /// Makes an empty block for the beginning of a search's page.
    public init(for search: SendLogSearch) {
        let isPage = !search.isStreamed && search.limit <= SendLogSearch.defaultLimit
        size = isPage ? Self.pageSize : RowBlock(restOf: search).size
    }

    /// Whether no more rows are to be added.
    public var isFull: Bool { text.count >= size }

    /// Adds a log.
    ///
    /// - Parameters:
    ///   - record: see ``NewSendLog/record``
    ///   - sequence: the log's place in the order of recording
    ///   - destinations: how many it has
    public mutating func append(_ record: UnsafeRawBufferPointer, sequence: SequenceNumber, destinations: Int) {
        if !rows.isEmpty { text.append(UInt8(ascii: ",")) }
        let begin = text.count
        text.append(contentsOf: record)
        rows.append(Row(record: begin..<text.count, sequence: sequence, destinations: destinations))
        text.append(",\"destinations\":")
        text.appendDecimal(destinations)
        text.append(UInt8(ascii: "}"))
    }

    /// Makes room for a number of logs of ordinary length, as far as a block holds them.
    public mutating func reserve(_ count: Int) {
        rows.reserveCapacity(min(count, size / 128))
        text.reserveCapacity(min(count * 320, size + 8192))
    }
}

/// The rows of a page that follow a given one.
public struct RestOfPage: Equatable, Sendable {
    /// The search, pinned, its limit what is left of the page.
    public let search: SendLogSearch
    /// When the last row answered started.
    public let start: Timestamp
    /// The last row's place in the order of recording.
    public let sequence: SequenceNumber

    /// Continues a page behind a row.
    public init(search: SendLogSearch, start: Timestamp, sequence: SequenceNumber) {
        self.search = search
        self.start = start
        self.sequence = sequence
    }
}
