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
    /// How many logs the search finds in all.
    public let total: Int
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

    /// Walks the counters.
    ///
    /// - Parameters:
    ///   - days: the days that the search touches, earliest first, none twice
    ///   - order: which end of time comes first
    ///   - skip: how many logs to pass over
    ///   - limit: how many logs to answer at most
    public init(days: [DayCount], order: SortOrder, skip: Int, limit: Int) {
        total = days.reduce(0) { $0 + $1.sends }
        let count = min(limit, max(total - skip, 0))
        guard count > 0 else {
            page = nil
            return
        }
        var (before, offset) = (0, 0)
        var (first, last): (Day?, Day?)
        let step = order == .oldestFirst ? 1 : -1
        var place = order == .oldestFirst ? 0 : days.count - 1
        while last == nil, days.indices.contains(place) {
            let next = before + days[place].sends
            if first == nil, next > skip {
                first = days[place].day
                offset = skip - before
            }
            if next >= skip + count { last = days[place].day }
            before = next
            place += step
        }
        guard let first, let last else { preconditionFailure("a page within the total has a first and a last day") }
        page = Page(earliest: min(first, last), latest: max(first, last), offset: offset, count: count)
    }
}
