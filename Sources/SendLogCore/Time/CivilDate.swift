/// A date of the proleptic Gregorian calendar: year, month and day of the month.
public struct CivilDate: Hashable, Sendable {
    /// The year; 0 is the year before year 1.
    public let year: Int
    /// The month, from 1.
    public let month: Int
    /// The day of the month, from 1.
    public let dayOfMonth: Int

    /// The abbreviated names of the months, as RFC 9110 and people write them.
    public static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The abbreviated name of the month.
    public var monthName: String { Self.monthNames[month - 1] }

    /// Creates a date; `nil` if it does not exist.
    public init?(year: Int, month: Int, dayOfMonth: Int) {
        guard (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(dayOfMonth) else {
            return nil
        }
        (self.year, self.month, self.dayOfMonth) = (year, month, dayOfMonth)
    }

    /// Creates the date of a day: the inverse of ``day``
    /// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
    public init(_ day: Day) {
        let shifted = Int64(day.number) + 719_468
        let era = shifted.flooringDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        dayOfMonth = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The day of the date (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
    public var day: Day {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = shifted.flooringDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dayOfMonth - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Day(number: Int(era * 146_097 + dayOfEra - 719_468))
    }

    /// Returns the first day of the month that is a number of months after this date's month.
    public func firstOfMonth(after months: Int = 0) -> Day {
        let index = Int64(year * 12 + month - 1 + months)
        let years = index.flooringDivided(by: 12)
        return CivilDate(firstOf: Int(index - years * 12) + 1, of: Int(years)).day
    }

    /// Creates the first day of a month, from 1 to 12.
    private init(firstOf month: Int, of year: Int) {
        (self.year, self.month, dayOfMonth) = (year, month, 1)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
