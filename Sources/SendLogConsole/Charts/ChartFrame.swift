import SendLogCore

/// The time that a chart of the Sends Report covers, and its bars before they are counted.
struct ChartFrame {
    let filter: SendsFilter
    /// The user's time zone.
    let zone: UserTimeZone
    let span: ChartSpan
    /// The chart in days of the user.
    let chart: Chart

    /// Chooses the time of a chart; `nil` if there is nothing to draw.
    ///
    /// - Parameters:
    ///   - tallies: the days in UTC with sends, in ascending order
    ///   - filter: the filter
    ///   - zone: the user's time zone
    init?(_ tallies: [DayTally], _ filter: SendsFilter, _ zone: UserTimeZone) {
        let (from, to) = (filter.from ?? .earliest, filter.to ?? .latest)
        guard from <= to, let span = ChartSpan(tallies, from: filter.from?.day, to: filter.to?.day) else { return nil }
        (self.filter, self.zone, self.span) = (filter, zone, span)
        let first = zone.local(max(from, span.time.lowerBound)).day
        // Where clocks are set back past midnight, a later moment may be on an earlier day.
        let days = first...max(first, zone.local(min(to, span.time.upperBound)).day)
        let unit = filter.hasRange ? Chart.Unit(days) : span.unit
        chart = Chart(unit, over: days, within: from...to, in: zone)
    }

    /// The chart in days in UTC, as the counters have them: the first and the last day are whole, also if the filter has
    /// only a part of them.
    var chartOfUTCDays: Chart {
        let start = Timestamp(milliseconds: (filter.from ?? .earliest).day.firstMillisecond) ?? .earliest
        let end = Timestamp(milliseconds: (filter.to ?? .latest).day.lastMillisecond) ?? .latest
        return Chart(span.unit, over: span.days, within: start...end, in: .utc)
    }

    /// Returns a counted chart without empty bars at its ends, unless they are within a range that the user chose.
    func trimmed(_ chart: Chart) -> Chart {
        var chart = chart
        if !filter.hasRange { chart.trim() }
        return chart
    }
}
