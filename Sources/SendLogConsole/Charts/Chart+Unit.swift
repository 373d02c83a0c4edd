import SendLogCore

extension Chart {
    /// The time that a bar covers.
    enum Unit: String, CaseIterable {
        case day, week, month, year, century

        /// The number of days up to which a chart has bars of this unit: about 92 days or weeks, or 120 months or years.
        ///
        /// Beyond that, bars are too thin to distinguish.
        var maxDays: Int {
            switch self {
            case .day: 92
            case .week: 92 * 7
            case .month: 120 * 31
            case .year: 120 * 366
            case .century: .max
            }
        }

        /// Creates the smallest unit for a range of days.
        init(_ days: ClosedRange<Day>) {
            let count = days.upperBound.number - days.lowerBound.number + 1
            self = Self.allCases.first { count <= $0.maxDays } ?? .century
        }

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
}
