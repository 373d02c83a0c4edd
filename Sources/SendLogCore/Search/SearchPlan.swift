/// The decisions about a search that are the same on every database: what it sees, what to count, which rows to read.
public struct SearchPlan: Sendable {
    /// The search.
    public let search: SendLogSearch
    /// The end of the organisation's order of recording.
    public let head: LogHead
    /// The newest sequence number that the search sees.
    public let asOf: SequenceNumber
    /// The earliest `startDeliveryAt`, inclusive.
    public let from: Timestamp
    /// The latest `startDeliveryAt`, inclusive.
    public let to: Timestamp

    /// Plans a search of an organisation with a head.
    public init(_ search: SendLogSearch, head: LogHead) {
        (self.search, self.head) = (search, head)
        asOf = min(search.asOf ?? head.lastSequence, head.lastSequence)
        (from, to) = (search.from ?? .earliest, search.to ?? .latest)
    }

    /// Whether the search finds nothing in any database.
    public var isEmpty: Bool {
        from > to || asOf.number <= 0 || search.campaigns?.isEmpty == true || search.found?.isEmpty == true
    }

    /// The total if the head gives it: for a search without filters.
    public var knownTotal: Int? { search.isUnfiltered ? head.count(asOf: asOf) : nil }

    /// A part of the result, in the order of the search.
    public struct RowRange: Equatable, Sendable {
        /// The earliest `startDeliveryAt` of the rows, inclusive.
        public var from: Timestamp
        /// The latest `startDeliveryAt` of the rows, inclusive.
        public var to: Timestamp
        /// The number of logs of this time to skip.
        public var offset = 0
        /// The largest number of rows.
        public var count: Int

        /// Creates the first rows of a search, up to its limit.
        public init(of search: SendLogSearch) {
            (from, to, count) = (search.from ?? .earliest, search.to ?? .latest, search.limit)
        }
    }

    /// Returns the rows of the page.
    ///
    /// - Parameters:
    ///   - total: the number of logs that the search finds
    ///   - isByDay: see ``SendLogSearch/isByDay(mergesLazily:)``
    ///   - forEachDay: see ``PageLocator/init(total:order:skip:limit:forEachDay:)``
    /// - Returns: the rows; `nil` if the page is empty.
    /// - Throws: the errors of `forEachDay`; ``StoreError/corrupted(detail:)`` if the counts of the days do not add up.
    public func page(
        total: Int,
        isByDay: Bool,
        forEachDay: (SortOrder, (DayCount) -> Bool) throws -> Void
    ) throws -> RowRange? {
        var rows = RowRange(of: search)
        rows.count = min(search.limit, total)
        if isByDay {
            let locator = try PageLocator(
                total: total,
                order: search.order,
                skip: search.skip,
                limit: search.limit,
                forEachDay: forEachDay
            )
            guard let locator else {
                throw StoreError.corrupted(detail: "the counters do not match the send logs")
            }
            guard let page = locator.page else { return nil }
            rows.from = max(from, Timestamp(milliseconds: page.earliest.firstMillisecond) ?? .earliest)
            rows.to = min(to, Timestamp(milliseconds: page.latest.lastMillisecond) ?? .latest)
            (rows.offset, rows.count) = (page.offset, page.count)
        }
        return rows.count > 0 ? rows : nil
    }

    /// Returns the result of the search.
    public func result(total: Int, rows: RowBlock = RowBlock()) -> SearchResult {
        SearchResult(total: total, asOf: asOf, rows: rows)
    }
}

extension SendLogSearch {
    /// Whether the search finds all logs of its snapshot.
    public var isUnfiltered: Bool { campaigns == nil && found == nil && from == nil && to == nil }

    /// Whether to find the days of the page by the counters, so that only their rows are read.
    ///
    /// A page at the start needs this only for several campaigns, unless the store merges their rows lazily
    /// (`mergesLazily`), that is, reads no more rows than it returns.
    public func isByDay(mergesLazily: Bool) -> Bool {
        limit > 0 && (skip > 0 || !mergesLazily && (campaigns?.count ?? 0) > 1)
    }
}
