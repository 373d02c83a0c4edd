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
            var bytes: [UInt8] = []
            zone.write(moment, to: &bytes)
            let local = try #require(Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)))
            let found = try #require(zone.timestamp(local: local))
            // When clocks are turned back, a period occurs twice; a local time means the first.
            if found != moment {
                repeated += 1
                #expect(found < moment && moment.milliseconds - found.milliseconds <= 3_600_000, "\(moment)")
                #expect(zone.text(found) == zone.text(moment))
            }
        }
        #expect(repeated == ["America/New_York": 4, "Europe/London": 4, "Australia/Lord_Howe": 2][name, default: 0])
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
