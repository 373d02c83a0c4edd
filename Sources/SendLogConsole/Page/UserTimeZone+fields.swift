import Foundation
import SendLogCore

/// Reads and writes local times of form fields.
extension UserTimeZone {
    /// Returns the moment that a text means, in this zone unless the text has its own offset.
    ///
    /// - Parameters:
    ///   - text: `2022-01-31`, `2022-01-31 14:00`, with a `T`, seconds and their fraction, or an offset of RFC 3339
    ///   - isEnd: whether the text ends a range, which then includes the whole day, minute or second
    /// - Returns: `nil` if the text is invalid.
    func timestamp(entered text: String, isEnd: Bool) -> Timestamp? {
        let text = text.replacing(" ", with: "T", maxReplacements: 1)
        func local(_ rest: String, unit: Int64) -> Timestamp? {
            guard let begin = Timestamp(rfc3339: text + rest) else {
                return text.hasSuffix("Z") ? Timestamp(rfc3339: text) : nil
            }
            guard isEnd else { return timestamp(local: begin) }
            // A day ends where the next one begins, which is not always 24 hours later.
            return Timestamp(milliseconds: begin.milliseconds + unit).flatMap { timestamp(local: $0) }
                .flatMap { Timestamp(milliseconds: $0.milliseconds - 1) } ?? .latest
        }
        switch text.utf8.count {
        case 10: return local("T00:00:00Z", unit: Day.milliseconds)
        case 16: return local(":00Z", unit: 60_000)
        case 19: return local("Z", unit: 1000)
        // Browsers omit trailing zeros of a fraction.
        case 21 where !text.hasSuffix("Z"): return local("00Z", unit: 1)
        case 22 where !text.hasSuffix("Z"): return local("0Z", unit: 1)
        case 23 where !text.hasSuffix("Z"): return local("Z", unit: 1)
        default: return text.utf8.count > 10 ? Timestamp(rfc3339: text) : nil
        }
    }

    /// Returns the local time for a form field, as short as possible.
    ///
    /// - Parameters:
    ///   - moment: the moment
    ///   - isEnd: whether it ends a range; the end of a minute or second is written as that minute or second
    /// - Returns: a text for ``timestamp(entered:isEnd:)``.
    func fieldText(_ moment: Timestamp, isEnd: Bool) -> String {
        var bytes: [UInt8] = []
        write(moment, to: &bytes)
        let local = String(decoding: bytes.dropLast(), as: UTF8.self)
        if local.hasSuffix(isEnd ? ":59.999" : ":00.000") { return String(local.dropLast(7)) }
        return local.hasSuffix(isEnd ? ".999" : ".000") ? String(local.dropLast(4)) : local
    }
}
