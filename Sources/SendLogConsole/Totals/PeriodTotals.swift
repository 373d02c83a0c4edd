import SendLogCore

/// Reads the totals of a search by local periods, up to a thousand at a time.
///
/// The counters of UTC days show where sends are: time without sends costs nothing.
struct PeriodTotals {
    private let store: any LogReader & CampaignStore
    private let organisation: OrganisationID
    /// The search, as of one snapshot.
    private let search: SendLogSearch
    private let range: ClosedRange<Timestamp>
    private let periods: LocalPeriods

    /// The days with sends of the century that is being read, without those that have been read.
    private var days: ArraySlice<Day> = []
    /// The first day whose counters have not been read.
    private var nextDay: Day
    /// The first millisecond that belongs to no period yet.
    private var nextMillisecond: Int64

    /// The totals of a period that has sends.
    struct Row: Equatable {
        let period: LocalPeriods.Period
        let totals: SendTotals
    }

    /// The number of days whose counters are read at a time.
    private static let maxDays = 36_525

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - search: the search, as of one snapshot; its dates do not count
    ///   - range: the time to read, which cuts the first and the last period
    ///   - periods: the periods
    ///   - store: the store
    ///   - organisation: the organisation
    init(
        of search: SendLogSearch,
        in range: ClosedRange<Timestamp>,
        by periods: LocalPeriods,
        from store: any LogReader & CampaignStore,
        of organisation: OrganisationID
    ) {
        (self.search, self.range, self.periods) = (search, range, periods)
        (self.store, self.organisation) = (store, organisation)
        (nextDay, nextMillisecond) = (range.lowerBound.day, range.lowerBound.milliseconds)
    }

    /// Reads the next periods with sends, in ascending order.
    ///
    /// - Returns: the totals of some periods, which may be none; `nil` at the end.
    /// - Throws: ``StoreError``.
    mutating func next() async throws(StoreError) -> [Row]? {
        let next = try await nextPeriods()
        if next.isEmpty { return nil }
        let totals = try await store.totals(of: search, in: next.map(\.range), maxReads: nil, of: organisation) ?? []
        return zip(next, totals).filter { $1.sends > 0 }.map { Row(period: $0, totals: $1) }
    }

    /// Returns the next periods in which sends may be.
    private mutating func nextPeriods() async throws(StoreError) -> [LocalPeriods.Period] {
        var next: [LocalPeriods.Period] = []
        while next.count < TotalsPlan.maxPeriods, let day = try await firstDay() {
            let begin = max(nextMillisecond, day.firstMillisecond)
            guard begin <= min(day.lastMillisecond, range.upperBound.milliseconds),
                let moment = Timestamp(milliseconds: begin)
            else {
                days.removeFirst()
                continue
            }
            let period = periods.period(at: moment)
            let from = max(period.range.lowerBound, Timestamp(milliseconds: nextMillisecond) ?? moment)
            let cut = from...min(period.range.upperBound, range.upperBound)
            nextMillisecond = cut.upperBound.milliseconds + 1
            next.append(LocalPeriods.Period(first: period.first, range: cut))
        }
        return next
    }

    /// Returns the first day with sends that is left.
    private mutating func firstDay() async throws(StoreError) -> Day? {
        while days.isEmpty, nextDay <= range.upperBound.day {
            let last = min(range.upperBound.day, Day(number: nextDay.number + Self.maxDays - 1))
            let tallies = try await store.tallies(of: search.campaigns, over: nextDay...last, in: organisation)
            days = tallies.map(\.day)[...]
            nextDay = Day(number: last.number + 1)
        }
        return days.first
    }
}
