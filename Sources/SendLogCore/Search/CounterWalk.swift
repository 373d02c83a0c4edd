/// How many of a search's logs started on one day.
public struct DayCount: Equatable, Sendable {
    /// The day, in UTC.
    public let day: Day
    /// How many logs.
    public var sends: Int

    /// Pairs a day with its count.
    public init(day: Day, sends: Int) {
        self.day = day
        self.sends = sends
    }
}

/// Finds a page by counters: on which days its logs lie, and how many logs of the first day come before it.
public struct CounterWalk: Equatable, Sendable {
    /// The days of the page's logs, or `nil` where the page is empty.
    public let page: Page?

    /// Where a page lies that is not empty.
    public struct Page: Equatable, Sendable {
        /// The earliest day, in time, that holds a log of the page.
        public let earliest: Day
        /// The latest such day.
        public let latest: Day
        /// How many logs to pass over, from the end of those days that the order starts at.
        public let offset: Int
        /// How many logs the page holds.
        public let count: Int
    }

    /// Walks the counters, from the end that is nearer to the page, and no further than it must; `nil` where the days do not hold as
    /// many logs as there are said to be.
    ///
    /// - Parameters:
    ///   - total: how many logs there are
    ///   - order: which end of time comes first
    ///   - skip: how many logs to pass over
    ///   - limit: how many logs to answer at most
    ///   - forEachDay: hands over the days in an order, none twice, each with its count, until it is told that it is enough
    /// - Throws: what `forEachDay` throws.
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
        let behind = total - skip - count
        let isBackwards = behind < skip
        let before = isBackwards ? behind : skip
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
