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
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // 2022-01-31T23:59:59.999Z
        let text = Array(moment.description)
        let month = months[(Int(String(text[5...6])) ?? 1) - 1]
        let weekday = days[((moment.day.number % 7) + 7) % 7]
        return "\(weekday), \(String(text[8...9])) \(month) \(String(text[0...3])) \(String(text[11...18])) GMT"
    }
}
