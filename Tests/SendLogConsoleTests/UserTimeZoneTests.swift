import Foundation
import SendLogCore
import Testing

@testable import SendLogConsole

/// The conversion of timestamps to local time and back.
struct UserTimeZoneTests {
    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    @Test(
        arguments: [
            ("UTC", "2022-01-31T23:59:59.999Z", "2022-01-31 23:59:59", nil),
            ("Europe/London", "2022-01-31T23:59:59.999Z", "2022-01-31 23:59:59", "UTC"),
            ("Africa/Johannesburg", "2022-01-31T23:59:59.999Z", "2022-02-01 01:59:59", "UTC+02:00"),
            ("America/New_York", "2022-03-13T06:59:59Z", "2022-03-13 01:59:59", "UTC−05:00"),
            ("America/New_York", "2022-03-13T07:00:00Z", "2022-03-13 03:00:00", "UTC−04:00"),
            ("Asia/Kathmandu", "2022-01-01T00:00:00Z", "2022-01-01 05:45:00", "UTC+05:45"),
        ]
    )
    func `a timestamp is shown in local time`(zone: String, utc: String, local: String, offset: String?) throws {
        let zone = try #require(UserTimeZone(zone))
        #expect(zone.text(try moment(utc)) == local)
        #expect(zone.offsetText(at: try moment(utc)) == offset)
    }

    @Test(arguments: [
        "UTC", "Africa/Johannesburg", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/London",
    ])
    func `every quarter of an hour of a year converts to local time and back`(name: String) throws {
        let zone = try #require(UserTimeZone(name))
        let begin = try moment("2022-01-01").milliseconds
        var repeated = 0
        for quarter in 0..<365 * 96 {
            let moment = try #require(Timestamp(milliseconds: begin + Int64(quarter) * 900_000))
            let found = try #require(zone.moments(local: zone.local(moment)))
            // When clocks are set back, a period occurs twice.
            if found == .twice(found.first, moment) {
                repeated += 1
                #expect(moment.milliseconds - found.first.milliseconds <= 3_600_000, "\(moment)")
            } else {
                #expect(found.first == moment)
            }
        }
        #expect(repeated == ["America/New_York": 4, "Europe/London": 4, "Australia/Lord_Howe": 2][name, default: 0])
    }

    // MARK: - Changes of the offset

    /// Returns the moments at which the offset of a zone changes from 1970 to 2037, in milliseconds since 1970.
    private func changes(of zone: UserTimeZone, everyDays step: Int64) -> [Int64] {
        var changes: [Int64] = []
        for begin in stride(from: 0, to: 68 * 365 * Day.milliseconds, by: Int(step * Day.milliseconds)) {
            var (low, high) = (begin, begin + step * Day.milliseconds)
            let offset = zone.offset(atMilliseconds: high)
            guard zone.offset(atMilliseconds: low) != offset else { continue }
            while high - low > 1 {
                let middle = (low + high) / 2
                if zone.offset(atMilliseconds: middle) == offset { high = middle } else { low = middle }
            }
            changes.append(high)
        }
        return changes
    }

    /// Expects that a moment is among the moments of its local time.
    private func expectFound(_ milliseconds: Int64, _ zone: UserTimeZone) throws {
        let moment = try #require(Timestamp(milliseconds: milliseconds))
        let found = try #require(zone.moments(local: zone.local(moment)))
        #expect([.once(moment), .twice(found.first, moment), .twice(moment, found.last)].contains(found), "\(moment)")
    }

    /// Expects that the moments of a local time have it, or that clocks skip it.
    private func expectMoments(_ milliseconds: Int64, _ zone: UserTimeZone) throws {
        let local = try #require(Timestamp(milliseconds: milliseconds))
        switch try #require(zone.moments(local: local)) {
        case .once(let moment): #expect(zone.local(moment) == local)
        case .twice(let first, let second):
            #expect(first < second && zone.local(first) == local && zone.local(second) == local)
        case .skipped(let change):
            #expect(zone.local(change) > local && zone.local(change.advanced(by: -1)) < local, "\(local)")
        }
    }

    @Test(arguments: [
        ("Europe/Berlin", 100), ("America/New_York", 130), ("Australia/Lord_Howe", 90), ("Pacific/Apia", 20),
        ("Africa/Casablanca", 80), ("America/Sao_Paulo", 60), ("Pacific/Kwajalein", 1), ("Asia/Kathmandu", 1),
        ("Antarctica/Troll", 60), ("America/St_Johns", 130),
    ])
    func `every minute around each change converts to local time and back`(name: String, least: Int) throws {
        let zone = try #require(UserTimeZone(name))
        let changes = changes(of: zone, everyDays: 1)
        #expect(changes.count >= least)
        for change in changes {
            let offsets = [change - 1, change].map { zone.offset(atMilliseconds: $0) }
            let shift = abs(offsets[0] - offsets[1])
            for distance in stride(from: -shift - 120_000, through: shift + 120_000, by: 60_000) {
                for milliseconds in [change + distance, change + distance - 1] {
                    try expectFound(milliseconds, zone)
                    try expectMoments(milliseconds + offsets[0], zone)
                }
            }
        }
    }

    @Test func `in every zone, offsets change at most once within two days, and local times convert back`() throws {
        var tested = 0
        for name in TimeZone.knownTimeZoneIdentifiers {
            guard let zone = UserTimeZone(name) else { continue }
            var last: Int64?
            for change in changes(of: zone, everyDays: 4) {
                if let last { #expect(change - last > 2 * Day.milliseconds, "\(name) \(change)") }
                last = change
                let (before, after) = (zone.offset(atMilliseconds: change - 1), zone.offset(atMilliseconds: change))
                let shift = abs(after - before)
                for distance in [-shift, -1, 0, shift - 1] { try expectFound(change + distance, zone) }
                for offset in [before, (before + after) / 2, after] { try expectMoments(change + offset, zone) }
                tested += 1
            }
        }
        #expect(tested > 10_000)
    }

    @Test func `the offset that is kept for a day is right on days on which it changes`() throws {
        // Newfoundland changed its clocks at 00:01 until 2011, which is no quarter of an hour in UTC either.
        let zone = try #require(UserTimeZone("America/St_Johns"))
        let begin = try moment("2010-11-06T00:00:00Z").milliseconds
        var (cache, texts): (UserTimeZone.OffsetCache?, [UInt8]) = (nil, [])
        for minute in 0..<3 * 1440 {
            let moment = try #require(Timestamp(milliseconds: begin + Int64(minute) * 60_000))
            texts.removeAll()
            zone.appendText(moment, offsetCache: &cache, to: &texts)
            #expect(String(decoding: texts, as: UTF8.self) == zone.text(moment))
            #expect(zone.day(moment, offsetCache: &cache) == zone.local(moment).day)
        }
    }

    @Test(
        arguments: [
            ("Europe/Berlin", "2022-10-30T02:30", "2022-10-30T00:30:00.000Z", "2022-10-30T01:30:59.999Z"),
            ("Europe/Berlin", "2022-03-27T02:30", "2022-03-27T01:00:00.000Z", "2022-03-27T00:59:59.999Z"),
            ("America/New_York", "2022-11-06T01:30", "2022-11-06T05:30:00.000Z", "2022-11-06T06:30:59.999Z"),
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z", "2018-11-05T01:59:59.999Z"),
            ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00.000Z", "2018-02-18T02:59:59.999Z"),
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z", "2011-12-30T09:59:59.999Z"),
            ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00.000Z", "2011-12-30T09:59:59.999Z"),
            ("Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00:00.000Z", "1993-08-21T11:59:59.999Z"),
            ("Australia/Lord_Howe", "2022-04-03T01:45", "2022-04-02T14:45:00.000Z", "2022-04-02T15:15:59.999Z"),
            ("Antarctica/Troll", "2022-03-27T02:30", "2022-03-27T01:00:00.000Z", "2022-03-27T00:59:59.999Z"),
            ("Antarctica/Troll", "2022-10-30T02:00", "2022-10-30T00:00:00.000Z", "2022-10-30T02:00:59.999Z"),
            ("Africa/Casablanca", "2022-03-27T02:30", "2022-03-27T01:30:00.000Z", "2022-03-27T02:30:59.999Z"),
            ("Africa/Casablanca", "2022-05-08T02:30", "2022-05-08T02:00:00.000Z", "2022-05-08T01:59:59.999Z"),
            ("Asia/Kathmandu", "1986-01-01T00:10", "1985-12-31T18:30:00.000Z", "1985-12-31T18:29:59.999Z"),
        ]
    )
    func `a range of local times has all moments at which clocks show a time between them`(
        name: String,
        text: String,
        from: String,
        to: String
    ) throws {
        let zone = try #require(UserTimeZone(name))
        #expect(zone.timestamp(entered: text, isEnd: false)?.description == from)
        #expect(zone.timestamp(entered: text, isEnd: true)?.description == to)
    }

    @Test func `days begin at local midnight, and months on their first day`() throws {
        let zone = try #require(UserTimeZone("America/New_York"))
        let now = try moment("2022-03-14T03:59:59Z")
        #expect(zone.midnight(0, after: now) == (try moment("2022-03-13T05:00:00Z")))
        // That day has 23 hours.
        #expect(zone.midnight(1, after: now) == (try moment("2022-03-14T04:00:00Z")))
        #expect(zone.midnight(-1, after: now) == (try moment("2022-03-12T05:00:00Z")))
        #expect(zone.firstOfMonth(0, after: now) == (try moment("2022-03-01T05:00:00Z")))
        #expect(zone.firstOfMonth(1, after: now) == (try moment("2022-04-01T04:00:00Z")))
        #expect(zone.firstOfMonth(-3, after: now) == (try moment("2021-12-01T05:00:00Z")))
        #expect(zone.firstOfMonth(10, after: now) == (try moment("2023-01-01T05:00:00Z")))
    }

    @Test(arguments: ["", "Nowhere/Town", "../etc/passwd", "UTC\u{0}", String(repeating: "A", count: 65)])
    func `an unknown time zone is refused`(name: String) {
        #expect(UserTimeZone(name).map(\.name) == nil)
    }
}
