import SendLogCore
import Testing

@testable import SendLogConsole

/// Bars of days, weeks, months, years and centuries.
struct ChartTests {
    private func day(_ text: String) throws -> Day { try #require(Timestamp(rfc3339: text)).day }

    private func tallies(_ days: String...) throws -> [DayTally] {
        try days.map { DayTally(day: try day($0), sends: 2, destinations: 3) }
    }

    @Test(
        arguments: [
            (["2022-01-01"], 1, "day"), (["2022-01-01", "2022-04-02"], 92, "day"),
            (["2022-01-01", "2022-04-03"], 14, "week"),
            (["2022-01-01", "2023-12-31"], 24, "month"), (["2010-06-15", "2022-01-01"], 13, "year"),
            (["0000-01-01", "9999-12-31"], 100, "century"), (["9999-12-01", "9999-12-31"], 31, "day"),
            (["9990-12-01", "9999-12-31"], 109, "month"), (["1969-12-31", "1970-01-01"], 2, "day"),
            (["9999-06-01", "9999-12-31"], 31, "week"), (["9950-06-01", "9999-12-31"], 50, "year"),
        ]
    )
    func `the number of bars is limited, and there are no gaps`(days: [String], count: Int, unit: String)
        throws
    {
        let tallies = try days.map { DayTally(day: try day($0), sends: 2, destinations: 3) }
        let chart = Chart(tallies, over: nil)
        #expect(chart.unit.rawValue == unit)
        #expect(chart.bars.count == count)
        #expect(chart.bars.reduce(0) { $0 + $1.sends } == 2 * days.count)
        for (bar, next) in zip(chart.bars, chart.bars.dropFirst()) {
            #expect(next.days.lowerBound.number == bar.days.upperBound.number + 1)
            #expect(next.period.lowerBound == bar.period.upperBound.advanced(by: 1))
        }
    }

    @Test func `weeks begin on Mondays, months and years on their first day`() throws {
        #expect(Chart.Unit.week.begin(of: try day("2022-01-02")) == (try day("2021-12-27")))
        #expect(Chart.Unit.week.begin(of: try day("2022-01-03")) == (try day("2022-01-03")))
        #expect(Chart.Unit.week.begin(of: try day("1969-12-31")) == (try day("1969-12-29")))
        #expect(Chart.Unit.month.begin(of: try day("2024-02-29")) == (try day("2024-02-01")))
        #expect(Chart.Unit.month.next(after: try day("2024-02-01")) == (try day("2024-03-01")))
        #expect(Chart.Unit.year.next(after: try day("2024-01-01")) == (try day("2025-01-01")))
    }

    @Test func `a chart of a selected range includes its empty days`() throws {
        let days = try day("2022-01-01")...day("2022-01-10")
        let chart = Chart(try tallies("2022-01-05"), over: days)
        #expect(chart.bars.map(\.sends) == [0, 0, 0, 0, 2, 0, 0, 0, 0, 0])
        #expect(Chart([], over: days).bars.isEmpty)
    }

    // MARK: - The user's days

    private static let zones = [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
        "America/Sao_Paulo", "Pacific/Kwajalein", "Asia/Kathmandu", "Antarctica/Troll", "America/St_Johns",
    ]

    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    private func filter(_ from: String?, _ to: String?) throws -> SendsFilter {
        var filter = SendsFilter()
        (filter.from, filter.to) = (try from.map(moment), try to.map(moment))
        return filter
    }

    @Test(arguments: zones) func `bars are the user's days, months and years, without gaps and overlaps`(
        name: String
    ) throws {
        let zone = try #require(UserTimeZone(name))
        for (from, to) in [
            ("1993-08-01", "1993-09-01"), ("2011-12-15", "2012-01-15"), ("2006-10-01", "2006-11-20"),
            ("2018-10-20", "2018-11-20"), ("2022-01-01", "2022-12-31"), ("1990-01-01", "2022-01-01"),
        ] {
            let days = try day(from)...day(to)
            let unit = Chart.Unit(days)
            let bars = Chart(unit, over: days, within: Timestamp.earliest...Timestamp.latest, in: zone).bars
            for (bar, next) in zip(bars, bars.dropFirst()) {
                #expect(next.period.lowerBound == bar.period.upperBound.advanced(by: 1))
            }
            for bar in bars {
                #expect(!bar.isPart && zone.begin(of: bar.days.lowerBound) == bar.period.lowerBound, "\(bar.title)")
                #expect(unit.begin(of: bar.days.lowerBound) == unit.begin(of: bar.days.upperBound), "\(bar.title)")
            }
            // Apia skipped 30 December 2011, Kwajalein 21 August 1993.
            let skipped =
                unit == .day
                && [("Pacific/Apia", 2011), ("Pacific/Kwajalein", 1993)].contains {
                    $0.0 == name && from.hasPrefix("\($0.1)")
                }
            let count = days.upperBound.number - days.lowerBound.number + 1
            if unit == .day { #expect(bars.count == count - (skipped ? 1 : 0), "\(from)") }
        }
    }

    @Test func `a filter cuts the first and the last bar, whose titles say so`() throws {
        let zone = try #require(UserTimeZone("Africa/Johannesburg"))
        let filter = try filter("2022-01-01T10:00:00Z", "2022-01-03T21:59:59.999Z")
        let chart = try #require(ChartFrame(try tallies("2022-01-02"), filter, zone)).chart
        #expect(chart.bars.map(\.title) == ["1 Jan 2022 (in part)", "2 Jan 2022", "3 Jan 2022"])
        #expect(chart.bars.first?.period.lowerBound == filter.from && chart.bars.last?.period.upperBound == filter.to)
        #expect(chart.bars[1].period.lowerBound == (try moment("2022-01-01T22:00:00Z")))
        #expect(!chart.hasWholeUTCDays)
        let utc = try #require(ChartFrame(try tallies("2022-01-02"), self.filter("2022-01-01", nil), .utc)).chart
        #expect(utc.hasWholeUTCDays)
    }

    @Test func `days in UTC are whole, also if the filter cuts them`() throws {
        let zone = try #require(UserTimeZone("Africa/Johannesburg"))
        let filter = try filter("2022-01-01T10:00:00Z", "2022-01-03T21:59:59.999Z")
        var chart = try #require(ChartFrame(try tallies("2022-01-01", "2022-01-03"), filter, zone)).chartOfUTCDays
        #expect(chart.hasWholeUTCDays)
        chart.add(try tallies("2022-01-01", "2022-01-03"))
        #expect(chart.bars.map(\.sends) == [2, 0, 2])
        #expect(chart.bars.map(\.title) == ["1 Jan 2022", "2 Jan 2022", "3 Jan 2022"])
    }

    @Test func `sends are counted in the bar of their moment`() throws {
        let zone = try #require(UserTimeZone("Africa/Johannesburg"))
        let frame = try #require(ChartFrame(try tallies("2022-01-01", "2022-01-03"), SendsFilter(), zone))
        var chart = frame.chart
        chart.add(
            try ["2022-01-01T21:59:59.999Z", "2022-01-01T22:00:00Z", "2022-01-03T00:00:00Z"].map { text in
                (moment: try moment(text).milliseconds, totals: SendTotals(sends: 1, destinations: 5))
            }
        )
        #expect(chart.bars.map(\.sends) == [1, 1, 1, 0])
        #expect(frame.trimmed(chart).bars.map(\.destinations) == [5, 5, 5])
    }

    @Test func `damaged counters do not overflow`() throws {
        let first = try day("2022-01-01")
        let tallies = [0, 1, 8000].map {
            DayTally(day: Day(number: first.number + $0), sends: .max, destinations: .max)
        }
        let chart = Chart(tallies, over: nil)
        #expect(chart.bars.first?.sends == .max)
        var html: [UInt8] = []
        chart.append(to: &html, links: chart.bars.map { _ in "/" })
        chart.appendSparkline(to: &html)
        #expect(String(decoding: html, as: UTF8.self).contains("<rect class=sends"))
    }
}
