import Foundation
import SendLogCore

/// A date, or a date and a time, as entered by the user.
struct LocalDateTime {
    private let text: String
    private let isEnd: Bool

    /// Creates a local date and time.
    ///
    /// - Parameters:
    ///   - text: `2022-01-31`, `2022-01-31 14:00`, with a `T`, seconds and their fraction, or an offset of RFC 3339
    ///   - isEnd: whether the text ends a range, which then includes the whole day, minute or second
    init(_ text: String, isEnd: Bool) {
        self.text = text.replacing(" ", with: "T", maxReplacements: 1)
        self.isEnd = isEnd
    }

    /// Returns the moment, in a time zone unless the text has its own offset.
    ///
    /// - Returns: `nil` if the text is invalid.
    func timestamp(in zone: UserTimeZone) -> Timestamp? {
        switch text.utf8.count {
        case 10: return local("T00:00:00Z", zone, unit: Day.milliseconds)
        case 16: return local(":00Z", zone, unit: 60_000)
        case 19: return local("Z", zone, unit: 1000)
        // Browsers omit trailing zeros of a fraction.
        case 21 where !text.hasSuffix("Z"): return local("00Z", zone, unit: 1)
        case 22 where !text.hasSuffix("Z"): return local("0Z", zone, unit: 1)
        case 23 where !text.hasSuffix("Z"): return local("Z", zone, unit: 1)
        default: return text.utf8.count > 10 ? Timestamp(rfc3339: text) : nil
        }
    }

    private func local(_ rest: String, _ zone: UserTimeZone, unit: Int64) -> Timestamp? {
        guard let begin = Timestamp(rfc3339: text + rest) else {
            return text.hasSuffix("Z") ? Timestamp(rfc3339: text) : nil
        }
        guard isEnd else { return zone.timestamp(local: begin) }
        // A day ends where the next one begins, which is not always 24 hours later.
        return Timestamp(milliseconds: begin.milliseconds + unit).flatMap { zone.timestamp(local: $0) }
            .flatMap { Timestamp(milliseconds: $0.milliseconds - 1) } ?? .latest
    }
}
