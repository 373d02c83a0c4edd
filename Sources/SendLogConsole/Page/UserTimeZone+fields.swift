import Foundation
import SendLogCore

/// Reads and writes local times of form fields.
extension UserTimeZone {
    /// A time as entered.
    private enum EnteredTime {
        case moment(Timestamp)
        /// A local time, as the UTC time with the same digits.
        case local(Timestamp)
    }

    /// Parses a text; see ``timestamp(entered:isEnd:)``.
    private static func time(entered text: String, isEnd: Bool) -> EnteredTime? {
        let text = text.replacing(" ", with: "T", maxReplacements: 1)
        func local(_ rest: String, unit: Int64) -> EnteredTime? {
            guard let begin = Timestamp(rfc3339: text + rest) else {
                return text.hasSuffix("Z") ? Timestamp(rfc3339: text).map { .moment($0) } : nil
            }
            return .local(isEnd ? begin.advanced(by: unit - 1) : begin)
        }
        switch text.utf8.count {
        case 10: return local("T00:00:00Z", unit: Day.milliseconds)
        case 16: return local(":00Z", unit: 60_000)
        case 19: return local("Z", unit: 1000)
        // Browsers omit trailing zeros of a fraction.
        case 21 where !text.hasSuffix("Z"): return local("00Z", unit: 1)
        case 22 where !text.hasSuffix("Z"): return local("0Z", unit: 1)
        case 23 where !text.hasSuffix("Z"): return local("Z", unit: 1)
        default: return text.utf8.count > 10 ? Timestamp(rfc3339: text).map { .moment($0) } : nil
        }
    }

    /// Returns the moment that a text means, in this zone unless the text has its own offset.
    ///
    /// A range of two local times has all moments at which clocks show a time between them: if clocks show a time
    /// twice, it begins at the first and ends at the second; if they skip it, at the moment at which they do.
    ///
    /// - Parameters:
    ///   - text: `2022-01-31`, `2022-01-31 14:00`, with a `T`, seconds and their fraction, or an offset of RFC 3339
    ///   - isEnd: whether the text ends a range, which then includes the whole day, minute or second
    /// - Returns: `nil` if the text is invalid.
    func timestamp(entered text: String, isEnd: Bool) -> Timestamp? {
        switch Self.time(entered: text, isEnd: isEnd) {
        case .moment(let moment): moment
        // The last local day has no end in UTC within the year 9999.
        case .local(.latest) where isEnd: .latest
        case .local(let local): isEnd ? moments(local: local)?.last : moments(local: local)?.first
        case nil: nil
        }
    }

    /// Returns whether clocks skipped the local time that was entered; of a date, the whole day.
    func isSkipped(entered text: String, isEnd: Bool) -> Bool {
        guard case .local(let local)? = Self.time(entered: text, isEnd: isEnd),
            case .skipped(let change)? = moments(local: local)
        else { return false }
        return text.utf8.count > 10 || self.local(change).day > local.day
    }

    /// Returns whether a text is what a form shows of a moment.
    ///
    /// Browsers shorten what a form shows: `12:00` may be the whole minute, or its first millisecond.
    func isShown(_ moment: Timestamp, as text: String, isEnd: Bool) -> Bool {
        (isEnd ? [true, false] : [false]).contains { isEnd in
            guard case .local(let local)? = Self.time(entered: text, isEnd: isEnd) else { return false }
            return local == self.local(moment)
        }
    }

    /// Returns the local time for a form field, as short as possible.
    ///
    /// - Parameters:
    ///   - moment: the moment
    ///   - isEnd: whether it ends a range; the end of a minute or second is written as that minute or second
    /// - Returns: a text for ``timestamp(entered:isEnd:)``.
    func fieldText(_ moment: Timestamp, isEnd: Bool) -> String {
        let local = String(local(moment).description.dropLast())
        if local.hasSuffix(isEnd ? ":59.999" : ":00.000") { return String(local.dropLast(7)) }
        return local.hasSuffix(isEnd ? ".999" : ".000") ? String(local.dropLast(4)) : local
    }
}
