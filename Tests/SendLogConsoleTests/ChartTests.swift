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
            #expect(next.first.number == bar.last.number + 1)
            #expect(bar.first <= bar.last)
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
}
