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

    @Test func `weeks begin on Mondays, months and years with their first`() throws {
        #expect(Chart.Unit.week.begin(of: try day("2022-01-02")).iso == "2021-12-27")
        #expect(Chart.Unit.week.begin(of: try day("2022-01-03")).iso == "2022-01-03")
        #expect(Chart.Unit.week.begin(of: try day("1969-12-31")).iso == "1969-12-29")
        #expect(Chart.Unit.month.begin(of: try day("2024-02-29")).iso == "2024-02-01")
        #expect(Chart.Unit.month.next(after: try day("2024-02-01")).iso == "2024-03-01")
        #expect(Chart.Unit.year.next(after: try day("2024-01-01")).iso == "2025-01-01")
    }

    @Test func `a chart over chosen days has the empty ones too`() throws {
        let days = try day("2022-01-01")...day("2022-01-10")
        let chart = Chart(try tallies("2022-01-05"), over: days)
        #expect(chart.bars.map(\.sends) == [0, 0, 0, 0, 2, 0, 0, 0, 0, 0])
        #expect(Chart([], over: days).bars.isEmpty)
    }

    @Test(arguments: [
        ("a", "27821234567", false), ("0821234567", "27821234567", true), ("+27 (82) 123-4567", "27821234567", true),
        ("00 27 82 1234567", "+27 82 123 4567", true), ("+27 (0)82 123 4567", "27821234567", true),
        ("1234", "27821234567", true), ("12", "27821234567", true),
        ("000", "27821234567", false),
        ("é", "caf\u{e9}", true), ("\"", "a\\\"b", true), ("b@c", "a@b.c", false), (".", "27821234567", false),
    ])
    func `a destination is found however its number is written`(text: String, destination: String, isFound: Bool) {
        var destination = destination
        #expect(destination.withUTF8 { DestinationSearchTerm(text).matches($0) } == isFound)
    }
}
