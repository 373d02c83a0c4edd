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
        /// The range of the log's record in ``RowBlock/text``; see ``PreparedSendLog/record``.
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
    ///   - record: the log's record; see ``PreparedSendLog/record``
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
