import SendLogCore

/// Sends and destinations over time, in bars of a day to a century.
///
/// Bars begin and end at midnight in a time zone. The first and the last one are cut where the chart begins and ends.
struct Chart {
    /// A bar: the period that it counts, and its totals.
    struct Bar: Equatable {
        let period: ClosedRange<Timestamp>
        /// The days in the chart's time zone that the period is in.
        let days: ClosedRange<Day>
        /// Whether the period has only a part of its first or last day.
        let isPart: Bool
        var totals = SendTotals()

        var sends: Int { totals.sends }
        var destinations: Int { totals.destinations }

        /// The days of the bar, such as `12 Jan 2022`.
        var title: String {
            let (first, last) = (days.lowerBound, days.upperBound)
            let title = first == last ? first.title : "\(first.title) – \(last.title)"
            return isPart ? "\(title) (in part)" : title
        }
    }

    let unit: Unit
    private(set) var bars: [Bar]

    /// Creates a chart without sends and without gaps.
    ///
    /// - Parameters:
    ///   - unit: the unit of the bars
    ///   - days: the days that the chart covers; the first and the last bar have the days of their whole units
    ///   - limits: the time at which bars are cut
    ///   - zone: the time zone of the days
    init(_ unit: Unit, over days: ClosedRange<Day>, within limits: ClosedRange<Timestamp>, in zone: UserTimeZone) {
        self.unit = unit
        bars = []
        var begin = unit.begin(of: days.lowerBound)
        while begin <= days.upperBound {
            let next = unit.next(after: begin)
            // Beyond the year 0000 or 9999 there is no timestamp.
            let isEarliest = begin <= Timestamp.earliest.day
            let start = max(isEarliest ? .earliest : zone.begin(of: begin) ?? .earliest, limits.lowerBound)
            let end = min(zone.begin(of: next)?.advanced(by: -1) ?? .latest, limits.upperBound)
            // Clocks may skip a whole day.
            if start <= end { bars.append(Self.bar(start...end, begin, Day(number: next.number - 1), in: zone)) }
            begin = next
        }
    }

    private init(_ unit: Unit, bars: [Bar]) {
        (self.unit, self.bars) = (unit, bars)
    }

    /// Creates a bar of a period within the days of a unit.
    private static func bar(_ period: ClosedRange<Timestamp>, _ first: Day, _ last: Day, in zone: UserTimeZone) -> Bar {
        let (start, end) = (period.lowerBound, period.upperBound)
        // Where clocks are set back past midnight, a moment of a day's period may be on the day before.
        let begin = min(max(zone.local(start).day, first), last)
        let final = min(max(zone.local(end).day, begin), last)
        let starts = zone.begin(of: begin) ?? start
        let ends = zone.begin(of: Day(number: final.number + 1))?.advanced(by: -1) ?? end
        return Bar(period: period, days: begin...final, isPart: starts != start || ends != end)
    }

    /// Creates a chart of counters, in days in UTC.
    ///
    /// - Parameters:
    ///   - tallies: the days with sends, in ascending order
    ///   - days: the days that the chart covers; `nil` for the first to the last day with sends, without outliers
    init(_ tallies: [DayTally], over days: ClosedRange<Day>?) {
        guard let span = ChartSpan(tallies, from: days?.lowerBound, to: days?.upperBound) else {
            self.init(.day, bars: [])
            return
        }
        let limits = days == nil ? Timestamp.earliest...Timestamp.latest : span.time
        self.init(span.unit, over: span.days, within: limits, in: .utc)
        add(tallies)
    }

    // MARK: - Counting

    /// Whether all bars have whole days in UTC, so that counters can count them.
    var hasWholeUTCDays: Bool {
        bars.allSatisfy { bar in
            bar.period.lowerBound.milliseconds == bar.period.lowerBound.day.firstMillisecond
                && bar.period.upperBound.milliseconds == bar.period.upperBound.day.lastMillisecond
        }
    }

    /// Adds the days of counters that begin within a bar.
    ///
    /// - Parameter tallies: the days with sends, in ascending order
    mutating func add(_ tallies: [DayTally]) {
        add(
            tallies.map { tally in
                let totals = SendTotals(sends: tally.sends, destinations: tally.destinations)
                return (moment: tally.day.firstMillisecond, totals: totals)
            }
        )
    }

    /// Adds sends by the moment at which they started.
    ///
    /// - Parameter sends: moments in milliseconds since 1970, in ascending order, and the totals of each
    mutating func add(_ sends: [(moment: Int64, totals: SendTotals)]) {
        var index = 0
        for (moment, totals) in sends {
            while index < bars.count, bars[index].period.upperBound.milliseconds < moment { index += 1 }
            guard index < bars.count else { return }
            if bars[index].period.lowerBound.milliseconds <= moment { bars[index].totals += totals }
        }
    }

    /// Sets the totals of all bars.
    mutating func set(_ totals: [SendTotals]) {
        for (index, totals) in zip(bars.indices, totals) { bars[index].totals = totals }
    }

    /// Removes the first and the last bars that have no sends.
    mutating func trim() {
        bars.removeFirst(bars.prefix(while: { $0.sends == 0 }).count)
        bars.removeLast(bars.reversed().prefix(while: { $0.sends == 0 }).count)
    }
}

extension Day {
    /// The day for people, such as `31 Jan 2022`.
    var title: String {
        let date = CivilDate(self)
        return "\(date.dayOfMonth) \(date.monthName) \(date.year.decimal(digits: 4))"
    }
}
