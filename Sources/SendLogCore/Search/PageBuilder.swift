/// Collects the rows of a page into a block, and describes the rest of the page after it.
public struct PageBuilder {
    /// The block so far.
    public private(set) var block: RowBlock
    private let search: SendLogSearch
    private let asOf: SequenceNumber
    /// The number of rows of the page that are not in earlier blocks.
    private let count: Int
    private var last: (start: Int64, sequence: SequenceNumber)?

    /// Creates the first block of a page of at most `count` rows.
    public init(_ plan: SearchPlan, count: Int) {
        (search, asOf, self.count) = (plan.search, plan.asOf, count)
        block = RowBlock(for: plan.search)
    }

    /// Creates the next block of a page.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if the rest has no snapshot.
    public init(_ rest: RestOfPage) throws(StoreError) {
        guard let asOf = rest.search.asOf else { throw .corrupted(detail: "the rest of a page has no asOf") }
        (search, self.asOf, count) = (rest.search, asOf, rest.search.limit)
        block = RowBlock(restOf: rest.search)
    }

    /// The number of rows of the page that are not in the block yet.
    public var left: Int { count - block.rows.count }

    /// Whether the block takes no more rows: it is full, or has all rows of the page.
    public var isComplete: Bool { block.isFull || left <= 0 }

    /// Reserves memory for a number of rows.
    public mutating func reserve(_ rows: Int) { block.reserve(rows) }

    /// Appends the next row of the search.
    ///
    /// - Parameters:
    ///   - record: the log's record; see ``PreparedSendLog/record``
    ///   - sequence: the log's sequence number
    ///   - start: the log's `startDeliveryAt`, in milliseconds since 1970
    ///   - destinations: the log's number of destinations
    public mutating func append(
        _ record: UnsafeRawBufferPointer,
        sequence: SequenceNumber,
        start: Int64,
        destinations: Int
    ) {
        block.append(record, sequence: sequence, destinations: destinations)
        last = (start, sequence)
    }

    /// Returns the block.
    ///
    /// - Parameters:
    ///   - hasMore: whether rows may follow that were not appended
    ///   - found: see ``RestOfPage/found``
    /// - Returns: the block, with the rest of the page after it.
    public func finish(hasMore: Bool, found: ArraySlice<Int64>? = nil) -> RowBlock {
        guard hasMore, left > 0, let last, let start = Timestamp(milliseconds: last.start) else { return block }
        var (block, rest) = (block, search)
        (rest.skip, rest.limit, rest.asOf, rest.found) = (0, left, asOf, nil)
        block.rest = RestOfPage(search: rest, start: start, sequence: last.sequence, found: found)
        return block
    }
}
