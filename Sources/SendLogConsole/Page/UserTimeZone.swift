import Foundation
import SendLogCore
import SendLogHTTP
import Synchronization

/// The time zone in which a user reads and enters times.
struct UserTimeZone {
    /// The name, such as `Africa/Johannesburg`.
    let name: String
    private let zone: TimeZone

    static let utc = UserTimeZone("UTC") ?? UserTimeZone(TimeZone.gmt, name: "UTC")

    /// Creates a time zone from a name of the IANA time zone database.
    ///
    /// - Returns: `nil` if the name does not exist.
    init?(_ name: String) {
        let isPlain = name.utf8.allSatisfy { byte in
            "/_+-".utf8.contains(byte) || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf)
        }
        guard name.utf8.count <= 64, isPlain, let zone = Self.zone(name) else { return nil }
        self.init(zone, name: name)
    }

    /// The cache of zones: loading a zone takes longer than using it.
    ///
    /// There are a few hundred of them.
    private static let known = Mutex<[String: TimeZone]>([:])

    private static func zone(_ name: String) -> TimeZone? {
        if let known = known.withLock({ $0[name] }) { return known }
        guard let zone = TimeZone(identifier: name) else { return nil }
        known.withLock { if $0.count < 1000 { $0[name] = zone } }
        return zone
    }

    private init(_ zone: TimeZone, name: String) {
        self.zone = zone
        self.name = name
    }

    /// Creates the time zone of a request's cookie, or UTC if there is none.
    init(_ request: HTTPRequest) {
        self = Cookie.zone.value(request).flatMap { $0.removingPercentEncoding }.flatMap { UserTimeZone($0) } ?? .utc
    }

    /// Returns the offset from UTC at a moment, in milliseconds.
    private func offset(atMilliseconds milliseconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000))) * 1000
    }

    /// Returns the offset at a moment as text, such as `UTC+02:00`.
    func offsetText(at moment: Timestamp) -> String {
        let minutes = offset(atMilliseconds: moment.milliseconds) / 60_000
        if minutes == 0 { return "UTC" }
        let (hours, rest) = (abs(minutes) / 60, abs(minutes) % 60)
        return "UTC\(minutes < 0 ? "−" : "+")\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Writes the local time as `2022-01-01T00:00:00.000Z`, where the `Z` has no meaning.
    func write(_ moment: Timestamp, to bytes: inout [UInt8]) {
        let shifted = moment.milliseconds + offset(atMilliseconds: moment.milliseconds)
        (Timestamp(milliseconds: shifted) ?? moment).write(to: &bytes)
    }

    /// Writes the local time; faster for many moments close to each other, which mostly have the same offset.
    ///
    /// - Parameters:
    ///   - moment: the moment
    ///   - known: the offset of the last quarter of an hour; since 1973 offsets have changed only between such quarters
    ///   - bytes: the buffer to append to
    func write(_ moment: Timestamp, offsetCache known: inout (quarter: Int64, offset: Int64)?, to bytes: inout [UInt8])
    {
        let milliseconds = moment.milliseconds
        guard milliseconds > 94_694_400_000 else { return write(moment, to: &bytes) }
        let quarter = milliseconds / 900_000
        if known?.quarter != quarter { known = (quarter, offset(atMilliseconds: milliseconds)) }
        (Timestamp(milliseconds: milliseconds + (known?.offset ?? 0)) ?? moment).write(to: &bytes)
    }

    /// Returns the local time as `2022-01-01 00:00:00`.
    func text(_ moment: Timestamp) -> String {
        let local = localText(moment)
        return "\(local.prefix(10)) \(local.dropFirst(11).prefix(8))"
    }

    /// Returns the local time for a form field that begins a range, as short as possible.
    func fieldText(from moment: Timestamp) -> String {
        let local = localText(moment).dropLast()
        if local.hasSuffix(":00.000") { return String(local.dropLast(7)) }
        return String(local.hasSuffix(".000") ? local.dropLast(4) : local)
    }

    /// Returns the local time for a form field that ends a range: the minute or second that ends at the moment, or the
    /// full time.
    func fieldText(to moment: Timestamp) -> String {
        let local = localText(moment).dropLast()
        if local.hasSuffix(":59.999") { return String(local.dropLast(7)) }
        return String(local.hasSuffix(".999") ? local.dropLast(4) : local)
    }

    private func localText(_ moment: Timestamp) -> String {
        var bytes: [UInt8] = []
        write(moment, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the moment at a local time: the first of two if clocks were set back, a
    /// nearby moment if clocks skipped it.
    func timestamp(local: Timestamp) -> Timestamp? {
        let day: Int64 = 86_400_000
        let (before, after) = (
            offset(atMilliseconds: local.milliseconds - day), offset(atMilliseconds: local.milliseconds + day)
        )
        // Offsets change at most once within two days, so one of the two offsets applies.
        for offset in [max(before, after), min(before, after)]
        where self.offset(atMilliseconds: local.milliseconds - offset) == offset {
            return Timestamp(milliseconds: local.milliseconds - offset)
        }
        return Timestamp(milliseconds: local.milliseconds - before)
    }

    /// Returns the start of the local day that is a number of days after a moment's day.
    func midnight(_ days: Int64, after moment: Timestamp) -> Timestamp {
        let local = moment.milliseconds + offset(atMilliseconds: moment.milliseconds)
        let number = (local >= 0 ? local : local - 86_399_999) / 86_400_000 + days
        return Timestamp(milliseconds: number * 86_400_000).flatMap { self.timestamp(local: $0) } ?? moment
    }

    /// Returns the start of the local month that is a number of months after a moment's month.
    func firstOfMonth(_ months: Int, after moment: Timestamp) -> Timestamp {
        let local = localText(moment)
        let year = Int(local.prefix(4)) ?? 1970
        let month = (Int(local.dropFirst(5).prefix(2)) ?? 1) - 1 + months
        let (years, rest) = (year + (month >= 0 ? month / 12 : (month - 11) / 12), (month % 12 + 12) % 12 + 1)
        let date =
            String(repeating: "0", count: max(0, 4 - "\(years)".count)) + "\(years)-\(rest < 10 ? "0" : "")\(rest)-01"
        return Timestamp(rfc3339: date).flatMap { self.timestamp(local: $0) } ?? moment
    }

    /// The names of all time zones.
    static var names: [String] { TimeZone.knownTimeZoneIdentifiers.sorted() }
}
