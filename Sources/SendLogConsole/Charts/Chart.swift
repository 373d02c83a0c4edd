import Foundation
import SendLogCore

/// Sends and destinations over time in bars of a day to a century, and their drawing: SVG, table rows, sparkline.
///
/// Bars begin and end at midnight UTC, because the counters count by days in UTC.
struct Chart {
    /// A bar: the days that it covers, and their totals.
    struct Bar: Equatable {
        let first: Day
        let last: Day
        var sends = 0
        var destinations = 0

        /// The days that the bar covers, such as `12 Jan 2022`.
        var title: String { first == last ? first.title : "\(first.title) – \(last.title)" }
    }

    /// The time that a bar covers.
    enum Unit: String {
        case day, week, month, year, century
    }

    let unit: Unit
    private(set) var bars: [Bar] = []

    /// The approximate maximum number of bars, beyond which they are too thin to distinguish.
    private static let maxBars = 92

    /// Creates a chart without gaps between the first and the last day.
    ///
    /// - Parameters:
    ///   - tallies: the days with sends, in ascending order
    ///   - days: the days that the chart covers; `nil` for the first to the last day with sends
    init(_ tallies: [DayTally], over days: ClosedRange<Day>?) {
        guard let first = tallies.first?.day, let last = tallies.last?.day else {
            unit = .day
            return
        }
        let span = days ?? first...last
        let count = span.upperBound.number - span.lowerBound.number + 1
        unit =
            count <= Self.maxBars
            ? .day
            : count <= Self.maxBars * 7
                ? .week
                : count <= 120 * 31
                    ? .month
                    : count <= 120 * 366 ? .year : .century
        var index = 0
        var begin = unit.begin(of: span.lowerBound)
        while begin <= span.upperBound {
            let next = unit.next(after: begin)
            var bar = Bar(first: begin, last: Day(number: next.number - 1))
            while index < tallies.count, tallies[index].day < next {
                bar.sends += tallies[index].sends
                bar.destinations += tallies[index].destinations
                index += 1
            }
            bars.append(bar)
            begin = next
        }
    }

    /// Appends the chart as SVG; each bar is a link.
    func append(to html: inout [UInt8], links: [String]) {
        let (mostSends, mostDestinations) = (bars.map(\.sends).max() ?? 0, bars.map(\.destinations).max() ?? 0)
        html.append("<svg class=chart viewBox=\"0 0 ")
        html.appendDecimal(bars.count * 10)
        html.append(" 100\" preserveAspectRatio=none aria-hidden=true focusable=false>")
        for (index, bar) in bars.enumerated() {
            html.append("<a tabindex=-1 href=\"")
            html.appendHTML(links[index])
            html.append("\"><title>")
            html.appendHTML("\(bar.title): \(bar.sends.counted("send")), \(bar.destinations.counted("destination"))")
            html.append("</title>")
            Self.appendBox(x: index * 10, y: 0, width: 10, height: 100, "hit", to: &html)
            // Sends extend upwards from the middle, destinations downwards.
            let up = Self.height(bar.sends, of: mostSends, most: 58)
            let down = Self.height(bar.destinations, of: mostDestinations, most: 38)
            Self.appendBox(x: index * 10 + 1, y: 60 - up, width: 8, height: up, "sends", to: &html)
            Self.appendBox(x: index * 10 + 1, y: 62, width: 8, height: down, "destinations", to: &html)
            html.append("</a>")
        }
        html.append("</svg>")
    }

    /// Appends the chart as table rows, newest first.
    func appendRows(to html: inout [UInt8], links: [String]) {
        for (bar, link) in zip(bars, links).reversed() where bar.sends > 0 {
            html.append("<tr><th scope=row><a href=\"")
            html.appendHTML(link)
            html.append("\">")
            html.appendHTML(bar.title)
            html.append("</a><td class=count>")
            html.appendGrouped(bar.sends)
            html.append("<td class=count>")
            html.appendGrouped(bar.destinations)
            html.append("\n")
        }
    }

    /// Appends a sparkline: a small chart of sends without links.
    func appendSparkline(to html: inout [UInt8]) {
        let most = bars.map(\.sends).max() ?? 0
        html.append("<svg class=spark viewBox=\"0 0 ")
        html.appendDecimal(max(bars.count, 12) * 10)
        html.append(" 100\" preserveAspectRatio=none aria-hidden=true focusable=false>")
        for (index, bar) in bars.enumerated() where bar.sends > 0 {
            let up = Self.height(bar.sends, of: most, most: 100)
            Self.appendBox(x: index * 10 + 1, y: 100 - up, width: 8, height: up, "sends", to: &html)
        }
        html.append("</svg>")
    }

    /// Returns the height of a bar; a value above 0 is always visible.
    private static func height(_ value: Int, of greatest: Int, most: Int) -> Int {
        value == 0 ? 0 : max(2, Int((Double(value) / Double(max(greatest, 1)) * Double(most)).rounded()))
    }

    private static func appendBox(
        x: Int,
        y: Int,
        width: Int,
        height: Int,
        _ name: StaticString,
        to html: inout [UInt8]
    ) {
        html.append("<rect class=")
        html.append(name)
        html.append(" x=")
        html.appendDecimal(x)
        html.append(" y=")
        html.appendDecimal(y)
        html.append(" width=")
        html.appendDecimal(width)
        html.append(" height=")
        html.appendDecimal(height)
        html.append(" />")
    }
}

extension Chart.Unit {
    /// Returns the first day of the unit that contains a day; weeks begin on Monday.
    func begin(of day: Day) -> Day {
        let date = CivilDate(day)
        return switch self {
        case .day: day
        // 1 January 1970 was a Thursday.
        case .week: Day(number: day.number - ((day.number + 3) % 7 + 7) % 7)
        case .month: date.firstOfMonth()
        case .year: date.firstOfMonth(after: 1 - date.month)
        case .century: date.firstOfMonth(after: 1 - date.month - date.year % 100 * 12)
        }
    }

    /// Returns the first day of the next unit.
    func next(after begin: Day) -> Day {
        switch self {
        case .day: Day(number: begin.number + 1)
        case .week: Day(number: begin.number + 7)
        case .month: self.begin(of: Day(number: begin.number + 31))
        case .year: self.begin(of: Day(number: begin.number + 366))
        case .century: self.begin(of: Day(number: begin.number + 36_600))
        }
    }
}

extension Day {
    /// The day for people, such as `31 Jan 2022`.
    var title: String {
        let date = CivilDate(self)
        return "\(date.dayOfMonth) \(date.monthName) \(date.year.decimal(digits: 4))"
    }
}
