import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP
import Synchronization

/// The time zone in which a user reads and enters times.
struct UserTimeZone {
    /// The name, such as `Africa/Johannesburg`.
    let name: String
    private let zone: TimeZone
    private let isUTC: Bool

    static let utc = UserTimeZone(TimeZone.gmt, name: "UTC")

    /// Creates a time zone from a name of the IANA time zone database.
    ///
    /// - Returns: `nil` if the name does not exist.
    init?(_ name: String) {
        let isPlain = name.utf8.allSatisfy { $0.isASCIIAlphanumeric || "/_+-".utf8.contains($0) }
        guard name.utf8.count <= 64, isPlain, let zone = Self.zone(name) else { return nil }
        self.init(zone, name: name)
    }

    /// The cache of zones, a few hundred: loading a zone takes longer than using it.
    private static let known = Mutex<[String: TimeZone]>([:])

    private static func zone(_ name: String) -> TimeZone? {
        if let known = known.withLock({ $0[name] }) { return known }
        guard let zone = TimeZone(identifier: name) else { return nil }
        known.withLock { known in
            if known.count >= 1000 { known.removeAll() }
            known[name] = zone
        }
        return zone
    }

    private init(_ zone: TimeZone, name: String) {
        self.zone = zone
        self.name = name
        isUTC = name == "UTC"
    }

    /// Creates the time zone of a request's cookie, or UTC if there is none.
    init(_ request: HTTPRequest) {
        self = Cookie.zone.value(request).flatMap { $0.removingPercentEncoding }.flatMap { UserTimeZone($0) } ?? .utc
    }

    /// Returns the header field that stores the zone in the browser for a year.
    func cookie(for request: HTTPRequest) -> ResponseHead.Field {
        Cookie.zone.header(QueryString.encode(name), for: 31_536_000, request)
    }

    /// Returns the offset from UTC at a moment, in milliseconds.
    func offset(atMilliseconds milliseconds: Int64) -> Int64 {
        // Charts of many campaigns ask for thousands of days in UTC.
        if isUTC { return 0 }
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000))) * 1000
    }

    /// Returns the offset at a moment as text, such as `UTC+02:00`; `nil` if it is the name of the zone.
    func offsetText(at moment: Timestamp) -> String? {
        let minutes = Int(offset(atMilliseconds: moment.milliseconds) / 60_000)
        if minutes == 0 { return name == "UTC" ? nil : "UTC" }
        let (hours, rest) = abs(minutes).quotientAndRemainder(dividingBy: 60)
        return "UTC\(minutes < 0 ? "−" : "+")\(hours.decimal(digits: 2)):\(rest.decimal(digits: 2))"
    }

    /// Returns the offsets at the ends of a range as text; `nil` if both are the name of the zone.
    func offsetText(from: Timestamp, to: Timestamp) -> String? {
        let (first, last) = (offsetText(at: from), offsetText(at: to))
        return first == last ? first : "\(first ?? "UTC") at the start, \(last ?? "UTC") at the end"
    }

    /// The offset during a UTC day, for many moments close to each other; `nil` if it changes on that day.
    typealias OffsetCache = (day: Day, offset: Int64?)

    private func local(_ moment: Timestamp, offsetCache cache: inout OffsetCache?) -> Timestamp {
        let day = moment.day
        if cache?.day != day {
            // Offsets change at most once within a day.
            let first = offset(atMilliseconds: day.firstMillisecond)
            cache = (day, offset(atMilliseconds: day.lastMillisecond) == first ? first : nil)
        }
        guard let offset = cache?.offset else { return local(moment) }
        return Timestamp(milliseconds: moment.milliseconds + offset) ?? moment
    }

    /// Returns the local day of a moment.
    func day(_ moment: Timestamp, offsetCache cache: inout OffsetCache?) -> Day {
        local(moment, offsetCache: &cache).day
    }

    /// Appends the local time as `2022-01-01 00:00:00`.
    func appendText(_ moment: Timestamp, offsetCache cache: inout OffsetCache?, to bytes: inout [UInt8]) {
        let begin = bytes.count
        local(moment, offsetCache: &cache).write(to: &bytes)
        // From 2022-01-01T00:00:00.000Z
        bytes[begin + 10] = UInt8(ascii: " ")
        bytes.removeLast(5)
    }

    /// Returns the local time as `2022-01-01 00:00:00`.
    func text(_ moment: Timestamp) -> String {
        var bytes: [UInt8] = []
        var offsetCache: OffsetCache?
        appendText(moment, offsetCache: &offsetCache, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the start of the local day that is a number of days after a moment's day.
    func midnight(_ days: Int, after moment: Timestamp) -> Timestamp {
        begin(of: Day(number: local(moment).day.number + days)) ?? moment
    }

    /// Returns the start of the local month that is a number of months after a moment's month.
    func firstOfMonth(_ months: Int, after moment: Timestamp) -> Timestamp {
        begin(of: CivilDate(local(moment).day).firstOfMonth(after: months)) ?? moment
    }

    /// Returns the local time of a moment as the UTC time with the same digits.
    func local(_ moment: Timestamp) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds + offset(atMilliseconds: moment.milliseconds)) ?? moment
    }

    /// Returns the moment at which a local day begins; that of the next day if clocks skipped the whole day.
    ///
    /// - Returns: `nil` outside the years 0000 to 9999.
    func begin(of day: Day) -> Timestamp? {
        Timestamp(milliseconds: day.firstMillisecond).flatMap { moments(local: $0)?.first }
    }
}
