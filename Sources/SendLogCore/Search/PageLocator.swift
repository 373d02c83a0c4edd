/// The number of a search's logs that started on one day.
public struct DayCount: Equatable, Sendable {
    /// The day, in UTC.
    public let day: Day
    /// The number of logs.
    public var sends: Int

    /// Creates a count for a day.
    public init(day: Day, sends: Int) {
        self.day = day
        self.sends = sends
    }

    /// Returns the days that have logs in a sort order, from the number of logs by day since 1970-01-01.
    public static func sorted(_ sends: [Int: Int], _ order: SortOrder) -> [DayCount] {
        sends.filter { $0.value > 0 }.sorted { ($0.key < $1.key) == (order == .oldestFirst) }
            .map { DayCount(day: Day(number: $0.key), sends: $0.value) }
    }
}

/// The location of a page, found by counters: the days of its logs, and the number of logs to skip on these days.
public struct PageLocator: Equatable, Sendable {
    /// The days of the page's logs; `nil` if the page is empty.
    public let page: Page?

    /// The location of a page that is not empty.
    public struct Page: Equatable, Sendable {
        /// The earliest day, in time, that has a log of the page.
        public let earliest: Day
        /// The latest day, in time, that has a log of the page.
        public let latest: Day
        /// The number of logs of these days to skip, counted in the sort order.
        public let offset: Int
        /// The number of logs on the page.
        public let count: Int
    }

    /// Locates a page by adding up the counts of days, from the end of the range that is nearer to the page.
    ///
    /// Reads no more days than necessary. The result is `nil` if the days have fewer logs than the page needs.
    ///
    /// - Parameters:
    ///   - total: the number of logs that the search finds
    ///   - order: the sort order
    ///   - skip: the number of logs to skip
    ///   - limit: the largest number of logs on the page
    ///   - forEachDay: calls its second argument with the count of each day, in the order of its first argument, until
    ///     that returns `false`
    /// - Throws: the errors of `forEachDay`.
    public init?<Failure: Error>(
        total: Int,
        order: SortOrder,
        skip: Int,
        limit: Int,
        forEachDay: (SortOrder, (DayCount) -> Bool) throws(Failure) -> Void
    ) throws(Failure) {
        let count = min(limit, max(total - skip, 0))
        guard count > 0 else {
            page = nil
            return
        }
        let after = total - skip - count
        let isBackwards = after < skip
        let before = isBackwards ? after : skip
        var (seen, offset, sends) = (0, 0, 0)
        var (first, last): (Day?, Day?)
        try forEachDay(isBackwards ? order.reversed : order) { day in
            seen += day.sends
            if first == nil, seen > before {
                first = day.day
                offset = before - (seen - day.sends)
            }
            if first != nil { sends += day.sends }
            if seen < before + count { return true }
            last = day.day
            return false
        }
        guard let first, let last else { return nil }
        if isBackwards { offset = sends - offset - count }
        page = Page(earliest: min(first, last), latest: max(first, last), offset: offset, count: count)
    }
}
