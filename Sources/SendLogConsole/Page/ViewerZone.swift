import Foundation
import SendLogCore
import SendLogHTTP
import Synchronization

/// The time zone in which a viewer sees moments and says them.
struct ViewerZone {
    /// Its name, such as `Africa/Johannesburg`.
    let name: String
    private let zone: TimeZone

    static let utc = ViewerZone("UTC") ?? ViewerZone(TimeZone.gmt, name: "UTC")

    /// Takes a name of the IANA time zone database.
    ///
    /// - Returns: `nil` where there is none of that name.
    init?(_ name: String) {
        let isPlain = name.utf8.allSatisfy { byte in
            "/_+-".utf8.contains(byte) || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf)
        }
        guard name.utf8.count <= 64, isPlain, let zone = Self.zone(name) else { return nil }
        self.init(zone, name: name)
    }

    /// Reading a zone takes longer than all that is asked of it; there are a few hundred of them.
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

    /// The zone that a request's cookie names; UTC where it names none.
    init(_ request: HTTPRequest) {
        self = Cookie.zone.value(request).flatMap { $0.removingPercentEncoding }.flatMap { ViewerZone($0) } ?? .utc
    }

    /// Milliseconds by which clocks in the zone are ahead of UTC at a moment.
    private func offset(atMilliseconds milliseconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000))) * 1000
    }

    /// The offset at a moment, such as `UTC+02:00`.
    func offsetText(at moment: Timestamp) -> String {
        let minutes = offset(atMilliseconds: moment.milliseconds) / 60_000
        if minutes == 0 { return "UTC" }
        let (hours, rest) = (abs(minutes) / 60, abs(minutes) % 60)
        return "UTC\(minutes < 0 ? "−" : "+")\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)"
    }

    /// What a clock in the zone shows, as `2022-01-01T00:00:00.000Z` whose `Z` means nothing.
    func write(_ moment: Timestamp, to bytes: inout [UInt8]) {
        let shifted = moment.milliseconds + offset(atMilliseconds: moment.milliseconds)
        (Timestamp(milliseconds: shifted) ?? moment).write(to: &bytes)
    }

    /// The same of many moments near each other, of which few have another offset than the one before.
    ///
    /// - Parameters:
    ///   - moment: the moment
    ///   - known: what is known of the quarter of an hour before; since 1973 clocks have changed between such
    ///   - bytes: where it is written
    func write(_ moment: Timestamp, knowing known: inout (quarter: Int64, offset: Int64)?, to bytes: inout [UInt8]) {
        let milliseconds = moment.milliseconds
        guard milliseconds > 94_694_400_000 else { return write(moment, to: &bytes) }
        let quarter = milliseconds / 900_000
        if known?.quarter != quarter { known = (quarter, offset(atMilliseconds: milliseconds)) }
        (Timestamp(milliseconds: milliseconds + (known?.offset ?? 0)) ?? moment).write(to: &bytes)
    }

    /// What a clock in the zone shows, as `2022-01-01 00:00:00`.
    func text(_ moment: Timestamp) -> String {
        let local = localText(moment)
        return "\(local.prefix(10)) \(local.dropFirst(11).prefix(8))"
    }

    /// The same as a form's field has it, for the first moment of a stretch of time: no more than matters.
    func fieldText(from moment: Timestamp) -> String {
        let local = localText(moment).dropLast()
        if local.hasSuffix(":00.000") { return String(local.dropLast(7)) }
        return String(local.hasSuffix(".000") ? local.dropLast(4) : local)
    }

    /// The same for the last moment: the minute, or the second, that ends with it, else all of it.
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

    /// The moment at which clocks in the zone show a date and time; of two such moments the first, and of none one near by.
    func moment(local: Timestamp) -> Timestamp? {
        let day: Int64 = 86_400_000
        let (before, after) = (
            offset(atMilliseconds: local.milliseconds - day), offset(atMilliseconds: local.milliseconds + day)
        )
        // Clocks change at most once within two days: one of the two offsets holds.
        for offset in [max(before, after), min(before, after)]
        where self.offset(atMilliseconds: local.milliseconds - offset) == offset {
            return Timestamp(milliseconds: local.milliseconds - offset)
        }
        return Timestamp(milliseconds: local.milliseconds - before)
    }

    /// The first moment of the day, in this zone, that is so many days after the one of a moment.
    func midnight(_ days: Int64, after moment: Timestamp) -> Timestamp {
        let local = moment.milliseconds + offset(atMilliseconds: moment.milliseconds)
        let number = (local >= 0 ? local : local - 86_399_999) / 86_400_000 + days
        return Timestamp(milliseconds: number * 86_400_000).flatMap { self.moment(local: $0) } ?? moment
    }

    /// The first moment of the month, in this zone, that is so many months after the one of a moment.
    func firstOfMonth(_ months: Int, after moment: Timestamp) -> Timestamp {
        let local = localText(moment)
        let year = Int(local.prefix(4)) ?? 1970
        let month = (Int(local.dropFirst(5).prefix(2)) ?? 1) - 1 + months
        let (years, rest) = (year + (month >= 0 ? month / 12 : (month - 11) / 12), (month % 12 + 12) % 12 + 1)
        let date =
            String(repeating: "0", count: max(0, 4 - "\(years)".count)) + "\(years)-\(rest < 10 ? "0" : "")\(rest)-01"
        return Timestamp(rfc3339: date).flatMap { self.moment(local: $0) } ?? moment
    }

    /// The names that there are.
    static var names: [String] { TimeZone.knownTimeZoneIdentifiers.sorted() }
}
