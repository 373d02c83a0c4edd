import SendLogCore
import TestSupport
import Testing

@testable import SendLogConsole

/// Which sends a chart leaves out because they are far away from all others.
struct ChartSpanTests {
    /// Returns tallies of days since 1970 and their numbers of sends.
    private func tallies(_ days: [(day: Int, sends: Int)]) -> [DayTally] {
        days.map { DayTally(day: Day(number: $0.day), sends: $0.sends, destinations: 0) }
    }

    /// Sends on 100 days in a row, from day 19,000 on, which is in 2022.
    private let usual = (19_000..<19_100).map { (day: $0, sends: 1) }

    @Test(
        arguments: [
            // Days before and after the usual ones with their sends, and what is expected: the span, the unit.
            ([], [(47_000, 1)], 19_000, 19_099, "week"), ([(0, 1)], [], 19_000, 19_099, "week"),
            ([], [(19_400, 1)], 19_000, 19_400, "week"), ([], [(20_000, 1)], 19_000, 19_099, "week"),
            // Two of 102 sends are too many.
            ([(0, 1)], [(47_000, 1)], 0, 19_099, "year"), ([], [(47_000, 2)], 19_000, 47_000, "year"),
        ] as [([(Int, Int)], [(Int, Int)], Int, Int, String)]
    )
    func `a few sends are left out, if that leaves smaller units`(
        before: [(Int, Int)],
        after: [(Int, Int)],
        first: Int,
        last: Int,
        unit: String
    ) throws {
        let days = before.map { (day: $0.0, sends: $0.1) } + usual + after.map { (day: $0.0, sends: $0.1) }
        let span = try #require(ChartSpan(tallies(days), from: nil, to: nil))
        #expect(span.days == Day(number: first)...Day(number: last))
        #expect(span.unit.rawValue == unit)
        #expect(span.hasEarlier == (!before.isEmpty && first == 19_000))
        #expect(span.hasLater == (!after.isEmpty && last == 19_099))
    }

    @Test func `sends that are not far away are not left out`() throws {
        for (day, isLeftOut) in [(19_700, false), (19_898, false), (19_900, true)] {
            let days = (19_000..<19_600).map { (day: $0, sends: 1) } + [(day: day, sends: 1)]
            let span = try #require(ChartSpan(tallies(days), from: nil, to: nil))
            #expect(span.hasLater == isLeftOut, "\(day)")
        }
    }

    @Test func `of few sends, none is left out`() throws {
        let few = (19_000..<19_008).map { (day: $0, sends: 1) } + [(day: 47_000, sends: 1)]
        #expect(try #require(ChartSpan(tallies(few), from: nil, to: nil)).days.upperBound.number == 47_000)
        let ten = [(day: 18_999, sends: 1)] + few
        let span = try #require(ChartSpan(tallies(ten), from: nil, to: nil))
        #expect(span.days == Day(number: 18_999)...Day(number: 19_007) && span.unit == .day && span.hasLater)
    }

    @Test func `within a range that the user chose, none is left out`() throws {
        let days = tallies(usual + [(day: 47_000, sends: 1)])
        let chosen = try #require(ChartSpan(days, from: Day(number: 18_990), to: Day(number: 47_000)))
        #expect(chosen.days == Day(number: 18_990)...Day(number: 47_000) && !chosen.hasLater)
        let ended = try #require(ChartSpan(days, from: nil, to: Day(number: 48_000)))
        #expect(ended.days.upperBound.number == 47_000 && !ended.hasLater)
        let begun = try #require(ChartSpan(days, from: Day(number: 18_990), to: nil))
        #expect(begun.days == Day(number: 19_000)...Day(number: 19_099) && begun.hasLater && !begun.hasEarlier)
        #expect(ChartSpan([], from: Day(number: 0), to: Day(number: 1)) == nil)
    }

    @Test func `at most one send in a hundred is left out, and always the fewest`() throws {
        var random = SplitMix64(defaultSeed: nil)
        for _ in 0..<300 {
            var day = Int.random(in: -700_000..<0, using: &random)
            let days = (0..<Int.random(in: 1..<60, using: &random)).map { _ in
                let (longest, most) = ([3, 40, 2000, 40_000], [1, 500])
                day += Int.random(in: 1...longest[Int.random(in: 0..<4, using: &random)], using: &random)
                let sends = Int.random(in: 1...most[Int.random(in: 0..<2, using: &random)], using: &random)
                return (day: day, sends: sends)
            }
            let all = days.reduce(0) { $0 + $1.sends }
            let span = try #require(ChartSpan(tallies(days), from: nil, to: nil))
            let outliers = days.filter { !span.days.contains(Day(number: $0.day)) }
            #expect(outliers.reduce(0) { $0 + $1.sends } <= (all < 10 ? 0 : max(1, all / 100)))
            let earlier = outliers.last { $0.day < span.days.lowerBound.number }
            let later = outliers.first { $0.day > span.days.upperBound.number }
            #expect(span.hasEarlier == (earlier != nil) && span.hasLater == (later != nil))
            if let earlier { #expect(span.days.lowerBound.number - earlier.day > ChartSpan.minGap) }
            if let later { #expect(later.day - span.days.upperBound.number > ChartSpan.minGap) }
            if !outliers.isEmpty, let first = days.first, let last = days.last {
                let complete = Chart.Unit(Day(number: first.day)...Day(number: last.day))
                #expect(span.unit.maxDays < complete.maxDays)
            }
        }
    }
}
