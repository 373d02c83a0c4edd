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

    /// Returns the period of a moment.
    func period(at moment: Timestamp) -> Period {
        var first = unit.begin(of: zone.local(moment).day)
        var next = unit.next(after: first)
        var nextStart = zone.begin(of: next)
        // Where clocks were set back over midnight, the next period has begun, although they show the date before.
        while let start = nextStart, start <= moment {
            (first, next) = (next, unit.next(after: next))
            nextStart = zone.begin(of: next)
        }
        let end = nextStart.map { $0.advanced(by: -1) } ?? .latest
        return Period(first: first, range: min(zone.begin(of: first) ?? .earliest, moment)...end)
    }
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
