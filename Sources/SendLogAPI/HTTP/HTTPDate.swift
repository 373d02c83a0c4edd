import SendLogCore
import Synchronization

/// The `Date` header of responses, rendered once per second (<https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>).
final class HTTPDate: Sendable {
    private let last = Mutex((second: Int64.min, text: ""))

    func text(at now: Timestamp) -> String {
        let second = now.milliseconds / 1000
        return last.withLock { last in
            if last.second != second { last = (second, Self.render(now)) }
            return last.text
        }
    }

    private static func render(_ moment: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let (day, date) = (moment.day, CivilDate(moment.day))
        let weekday = days[((day.number % 7) + 7) % 7]
        let second = Int(moment.milliseconds - day.firstMillisecond) / 1000
        let time = [second / 3600, second / 60 % 60, second % 60].map { $0.decimal(digits: 2) }.joined(separator: ":")
        let (dayOfMonth, year) = (date.dayOfMonth.decimal(digits: 2), date.year.decimal(digits: 4))
        return "\(weekday), \(dayOfMonth) \(date.monthName) \(year) \(time) GMT"
    }
}
