import SendLogCore

/// The days, weeks or months of a time zone, as ranges of time without gaps between them.
///
/// A period begins at the first moment at which clocks show its first date, or a later one. So a date that clocks skip is
/// empty, and an hour that they repeat after midnight belongs to the date that had begun.
struct LocalPeriods {
    let unit: Chart.Unit
    let zone: UserTimeZone

    /// A day, a week or a month.
    struct Period: Equatable {
        /// The first date; of a week, its Monday.
        let first: Day
        /// The time that belongs to the period.
        let range: ClosedRange<Timestamp>
    }

    /// More than any offset from UTC and any step of clocks together, in milliseconds.
    private static let window: Int64 = 50 * 3_600_000

    /// Returns the period of a moment.
    func period(at moment: Timestamp) -> Period {
        var first = unit.begin(of: date(moment))
        var next = unit.next(after: first)
        var nextStart = start(of: next)
        // Where clocks were set back over midnight, the next period has begun, although they show the date before.
        while let start = nextStart, start <= moment {
            (first, next) = (next, unit.next(after: next))
            nextStart = self.start(of: next)
        }
        let end = nextStart.map { $0.advanced(by: -1) } ?? .latest
        return Period(first: first, range: min(start(of: first) ?? .earliest, moment)...end)
    }

    /// Returns the first moment at which clocks show a date or a later one; `nil` if it is not within the years 0 to 9999.
    private func start(of day: Day) -> Timestamp? {
        guard let midnight = Timestamp(milliseconds: day.firstMillisecond) else { return nil }
        var (low, high) = (midnight.advanced(by: -Self.window), midnight.advanced(by: Self.window))
        // Nearly always one of the offsets around the date makes its midnight.
        let offsets = Set([low, midnight, high].map(offset))
        for start in offsets.map({ midnight.advanced(by: -$0) }).sorted()
        where date(start) == day && date(start.advanced(by: -1)) < day { return start }
        // Otherwise clocks skip midnight, or the whole date.
        if date(low) >= day { return .earliest }
        if date(high) < day { return nil }
        while high.milliseconds - low.milliseconds > 1 {
            let middle = low.advanced(by: (high.milliseconds - low.milliseconds) / 2)
            if date(middle) < day { low = middle } else { high = middle }
        }
        return high
    }

    private func date(_ moment: Timestamp) -> Day {
        var cache: UserTimeZone.OffsetCache?
        return zone.day(moment, offsetCache: &cache)
    }

    private func offset(_ moment: Timestamp) -> Int64 { zone.offset(atMilliseconds: moment.milliseconds) }
}

extension LocalPeriods.Period {
    /// The name of the period in files: `2022-01-31` for a day or the Monday of a week, `2022-01` for a month.
    func name(_ unit: Chart.Unit) -> String {
        // The first week begins before the year 0, which no text can express.
        let date = CivilDate(max(first, Timestamp.earliest.day))
        let month = "\(date.year.decimal(digits: 4))-\(date.month.decimal(digits: 2))"
        return unit == .month ? month : "\(month)-\(date.dayOfMonth.decimal(digits: 2))"
    }
}
