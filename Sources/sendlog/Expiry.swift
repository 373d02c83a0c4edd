import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer

/// Parses the expiry of a key.
enum Expiry {
    static func moment(_ text: String, now: Timestamp) throws -> Timestamp {
        let units: [Character: Int64] = ["d": Day.milliseconds, "h": 3_600_000, "m": 60_000]
        let moment: Timestamp?
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (1...1_000_000).contains(count)
        {
            moment = Timestamp(milliseconds: now.milliseconds + count * unit)
        } else {
            moment = Timestamp(rfc3339: text)
        }
        guard let moment else {
            throw CommandFailure("--expires must be 90d, 12h, 30m, or a date such as 2027-01-31, not \(text)")
        }
        guard moment > now else { throw CommandFailure("--expires \(text) is in the past") }
        return moment
    }
}
