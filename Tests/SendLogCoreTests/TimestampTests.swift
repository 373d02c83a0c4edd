import Foundation
import SendLogCore
import TestSupport
import Testing

struct TimestampTests {
    @Test(arguments: [
        ("2022-01-01T00:00:00.000Z", "2022-01-01T00:00:00.000Z"),
        ("2022-01-01T00:00:00Z", "2022-01-01T00:00:00.000Z"),
        ("2022-01-01t00:00:00z", "2022-01-01T00:00:00.000Z"),
        ("2022-01-01", "2022-01-01T00:00:00.000Z"),
        ("2022-01-31T23:59:59.999Z", "2022-01-31T23:59:59.999Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ])
    func `date-times and bare dates are read and written in UTC`(text: String, written: String) throws {
        #expect(try #require(Timestamp(rfc3339: text)).description == written)
    }

    @Test(arguments: [
        ("2022-02-01T01:59:59+02:00", "2022-01-31T23:59:59.000Z"),
        ("2022-01-31T19:00:00-05:00", "2022-02-01T00:00:00.000Z"),
        ("2022-01-01T00:00:00+00:00", "2022-01-01T00:00:00.000Z"),
        ("2022-01-01T00:00:00-00:00", "2022-01-01T00:00:00.000Z"),
        ("2022-01-01T05:45:00+05:45", "2022-01-01T00:00:00.000Z"),
        ("2022-01-01T23:59:00+23:59", "2022-01-01T00:00:00.000Z"),
        ("2022-01-01T00:00:00-23:59", "2022-01-01T23:59:00.000Z"),
        ("2020-03-01T00:30:00+01:00", "2020-02-29T23:30:00.000Z"),
        ("1970-01-01T00:00:00.001+14:00", "1969-12-31T10:00:00.001Z"),
    ])
    func `any offset is accepted`(text: String, written: String) throws {
        #expect(try #require(Timestamp(rfc3339: text)).description == written)
    }

    @Test(arguments: [
        ("2022-01-01T00:00:00.1Z", 100), ("2022-01-01T00:00:00.12Z", 120), ("2022-01-01T00:00:00.123Z", 123),
        ("2022-01-01T00:00:00.1239Z", 123), ("2022-01-01T00:00:00.999999999Z", 999), ("2022-01-01T00:00:00.0Z", 0),
        ("2022-01-01T00:00:00.0009Z", 0), ("2022-01-01T00:00:00.001000000000000000000000000001Z", 1),
    ])
    func `fractions of any length are truncated to milliseconds`(text: String, milliseconds: Int64) throws {
        let midnight = try #require(Timestamp(rfc3339: "2022-01-01"))
        #expect(try #require(Timestamp(rfc3339: text)).milliseconds - midnight.milliseconds == milliseconds)
    }

    @Test(arguments: ["2020-02-29", "2000-02-29", "2024-02-29T23:59:59Z", "0000-02-29", "0004-02-29", "9996-02-29"])
    func `leap days are accepted`(text: String) throws {
        #expect(try #require(Timestamp(rfc3339: text)).description.hasPrefix(text.prefix(10)))
    }

    @Test(arguments: [
        "2022-02-29", "1900-02-29", "2100-02-29", "2022-02-30", "2022-04-31", "2022-06-31", "2022-09-31", "2022-11-31",
        "2022-01-32", "2022-01-00", "2022-00-01", "2022-13-01", "2022-99-99", "0000-00-00",
    ])
    func `days that do not exist are refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
        #expect(Timestamp(rfc3339: "\(text)T12:00:00Z") == nil)
    }

    @Test(arguments: [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60.999Z", "2017-01-01T00:00:00.000Z"),
        ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T15:59:60-08:00", "2017-01-01T00:00:00.000Z"),
    ])
    func `a leap second is read as the second after it`(text: String, written: String) throws {
        #expect(try #require(Timestamp(rfc3339: text)).description == written)
    }

    @Test(arguments: [
        "2016-12-31T23:58:60Z", "2016-12-31T22:59:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T23:59:61Z",
        "2016-12-31T00:00:60Z",
    ])
    func `second 60 is refused where there is no leap second`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `the calendar has the years 0000 to 9999`() throws {
        #expect(Timestamp(rfc3339: "0000-01-01T00:00:00Z") == .earliest)
        #expect(Timestamp(rfc3339: "9999-12-31T23:59:59.999Z") == .latest)
        #expect(Timestamp.earliest.description == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp.latest.description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: Timestamp.earliest.milliseconds - 1) == nil)
        #expect(Timestamp(milliseconds: Timestamp.latest.milliseconds + 1) == nil)
        #expect(Timestamp(milliseconds: .min) == nil)
        #expect(Timestamp(milliseconds: .max) == nil)
        for outside in [
            "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "10000-01-01",
        ] {
            #expect(Timestamp(rfc3339: outside) == nil, "\(outside)")
        }
        #expect(Timestamp(rfc3339: "0000-01-01T01:00:00+01:00") == .earliest)
    }

    @Test(arguments: [
        "", " ", "2022", "2022-01", "2022-1-1", "20220101", "22-01-01", "2022-01-01T", "2022-01-01T00:00Z",
        "2022-01-01T00:00:00", "2022-01-01 00:00:00Z", "2022-01-01T24:00:00Z", "2022-01-01T00:60:00Z",
        "2022-01-01T00:00:00.Z", "2022-01-01T00:00:00,5Z", "2022-01-01T00:00:00+0200", "2022-01-01T00:00:00+02",
        "2022-01-01T00:00:00+24:00", "2022-01-01T00:00:00+02:60", "2022-01-01T00:00:00ZZ", "2022-01-01T00:00:00Z ",
        " 2022-01-01T00:00:00Z", "2022-01-01Z", "2022-01-01T00:00:00 Z", "-2022-01-01", "+2022-01-01", "2022/01/01",
        "1641038400000", "now", "２０２２-01-01", "2022-01-01T00:00:00−02:00", "2022-01-01\u{0}", "2022-W01-1",
        "Sat, 01 Jan 2022 00:00:00 GMT",
    ])
    func `anything else is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `every timestamp is written and read unchanged`() throws {
        var random = SplitMix64(defaultSeed: 1)
        let range = Timestamp.earliest.milliseconds...Timestamp.latest.milliseconds
        for _ in 0..<5000 {
            let moment = try #require(Timestamp(milliseconds: Int64.random(in: range, using: &random)))
            #expect(Timestamp(rfc3339: moment.description) == moment)
            #expect(moment.description.utf8.count == 24)
        }
    }

    @Test func `timestamps match Foundation's calendar`() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var random = SplitMix64(defaultSeed: 2)
        // From 1583 on, because Foundation's calendar is not Gregorian before.
        for _ in 0..<1000 {
            let milliseconds = Int64.random(in: -12_212_553_600_000...253_402_300_799_999, using: &random)
            let moment = try #require(Timestamp(milliseconds: milliseconds))
            let date = try #require(formatter.date(from: moment.description))
            #expect(Int64((date.timeIntervalSince1970 * 1000).rounded()) == milliseconds, "\(moment)")
        }
    }

    @Test func `timestamps are ordered by time and lie within their day`() throws {
        var random = SplitMix64(defaultSeed: 3)
        let range = Timestamp.earliest.milliseconds...Timestamp.latest.milliseconds
        for _ in 0..<1000 {
            let left = try #require(Timestamp(milliseconds: Int64.random(in: range, using: &random)))
            let right = try #require(Timestamp(milliseconds: Int64.random(in: range, using: &random)))
            #expect((left < right) == (left.description < right.description))
            #expect((left.day.firstMillisecond...left.day.lastMillisecond).contains(left.milliseconds))
            #expect(left.day <= right.day || left > right)
        }
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-01T23:59:59.999Z", 0), ("1969-12-31T23:59:59.999Z", -1), ("1969-12-31", -1),
        ("2000-03-01", 11_017), ("0000-01-01", -719_528), ("9999-12-31", 2_932_896),
    ])
    func `days are counted from 1970`(text: String, number: Int) throws {
        #expect(try #require(Timestamp(rfc3339: text)).day == Day(number: number))
    }
}
