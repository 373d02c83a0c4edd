import SendLogCore

/// The days that a chart covers, and the unit of its bars.
///
/// A few sends far away from all others, such as one that was dated 2099 by mistake, would leave a chart of thin bars.
/// Sends at the start and the end are left out if they are at most one in a hundred of all sends (one send, if there are
/// ten to a hundred), if the days without sends between them and the rest are at least ``minGap`` and half as many as the
/// days of the rest, and if the rest has bars of a smaller unit.
struct ChartSpan: Equatable {
    let days: ClosedRange<Day>
    let unit: Chart.Unit
    /// Whether sends before the days are left out.
    let hasEarlier: Bool
    /// Whether sends after the days are left out.
    let hasLater: Bool

    /// The smallest number of days between the days of a chart and sends that are left out.
    static let minGap = 30

    /// The time of the days in UTC.
    var time: ClosedRange<Timestamp> {
        let start = Timestamp(milliseconds: days.lowerBound.firstMillisecond) ?? .earliest
        let end = Timestamp(milliseconds: days.upperBound.lastMillisecond) ?? .latest
        return min(start, end)...end
    }

    /// Chooses the days of a chart; `nil` without sends.
    ///
    /// - Parameters:
    ///   - tallies: the days with sends, in ascending order
    ///   - from: the first day of a range that the user chose, whose sends are never left out
    ///   - to: the last day of such a range
    init?(_ tallies: [DayTally], from: Day?, to: Day?) {
        guard let first = tallies.first?.day, let last = tallies.last?.day else { return nil }
        if let from, let to {
            self.init(from...max(from, to), hasEarlier: false, hasLater: false)
            return
        }
        let starts = from == nil ? Self.candidates(tallies) : [Candidate(day: first, gap: .max, sends: 0)]
        let ends = to == nil ? Self.candidates(tallies.reversed()) : [Candidate(day: last, gap: .max, sends: 0)]
        let sends = tallies.reduce(0) { $0.addingClamped($1.sends) }
        let allowed = sends < 10 ? 0 : max(1, sends / 100)
        let unit = Chart.Unit(first...last)
        for smaller in Chart.Unit.allCases.prefix(while: { $0 != unit }) {
            if let (start, end) = Self.best(starts, ends, upTo: smaller.maxDays, allowed: allowed) {
                self.init(start.day...end.day, hasEarlier: start.sends > 0, hasLater: end.sends > 0)
                return
            }
        }
        self.init(first...last, hasEarlier: false, hasLater: false)
    }

    private init(_ days: ClosedRange<Day>, hasEarlier: Bool, hasLater: Bool) {
        self.days = days
        unit = Chart.Unit(days)
        (self.hasEarlier, self.hasLater) = (hasEarlier, hasLater)
    }

    /// A day at which a chart could begin or end.
    private struct Candidate {
        let day: Day
        /// The number of days without sends beyond it.
        let gap: Int
        /// The number of sends beyond it.
        let sends: Int
    }

    /// Returns the days at which a chart could begin, from the outermost one on: at most one send in a hundred is beyond.
    private static func candidates(_ tallies: some Collection<DayTally>) -> [Candidate] {
        let all = tallies.reduce(0) { $0.addingClamped($1.sends) }
        var (found, sends, last): ([Candidate], Int, Day?) = ([], 0, nil)
        for tally in tallies {
            let gap = last.map { abs(tally.day.number - $0.number) - 1 } ?? .max
            if gap >= minGap { found.append(Candidate(day: tally.day, gap: gap, sends: sends)) }
            sends = sends.addingClamped(tally.sends)
            if sends > max(1, all / 100) { break }
            last = tally.day
        }
        return found
    }

    /// Returns the days between which the fewest sends are left out.
    ///
    /// - Parameters:
    ///   - starts: the days at which the chart could begin
    ///   - ends: the days at which the chart could end
    ///   - days: the largest number of days between them
    ///   - allowed: the largest number of sends that may be left out
    /// - Returns: `nil` if there are none.
    private static func best(
        _ starts: [Candidate],
        _ ends: [Candidate],
        upTo days: Int,
        allowed: Int
    ) -> (start: Candidate, end: Candidate)? {
        var best: (start: Candidate, end: Candidate, sends: Int)?
        for start in starts {
            for end in ends {
                let (count, sends) = (end.day.number - start.day.number + 1, start.sends.addingClamped(end.sends))
                guard count >= 1, count <= days, sends <= allowed, sends < best?.sends ?? .max,
                    min(start.gap, end.gap) >= count / 2
                else { continue }
                best = (start, end, sends)
            }
        }
        return best.map { ($0.start, $0.end) }
    }
}

extension Int {
    /// Returns the sum of numbers from 0, at most the largest `Int`: counters may be damaged.
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}
