import SendLogCore
import Testing

/// The error messages for texts that are not date-times.
struct TimestampFaultTests {
    private static let python = "in Python: datetime.now(timezone.utc).isoformat()"

    @Test(
        arguments: [
            ("2022-01-31T23:59:59", "must have Z or an offset such as +02:00 at its end, which is missing; \(python)"),
            // Python: datetime.now().isoformat().
            (
                "2022-01-31T23:59:59.123456",
                "must have Z or an offset such as +02:00 at its end, which is missing; \(python)"
            ),
            ("2022-01-31 23:59:59Z", "must have a T in place of the space between date and time"),
            // Python: str(datetime.now(timezone.utc)).
            ("2022-01-31 23:59:59.123456+00:00", "must have a T in place of the space between date and time"),
            (
                "2022-01-31 23:59:59",
                "must have a T in place of the space between date and time, "
                    + "and Z or an offset such as +02:00 at its end; \(python)"
            ),
            ("2022-01-31T23:59:59+00:00Z", "must have either Z or an offset at its end, not both"),
            ("2022-01-31T23:59:59+0200", "must have a colon and minutes in its offset, such as +02:00"),
            ("2022-01-31 23:59:59+02", "must have a colon and minutes in its offset, such as +02:00"),
            (
                "2022-01-31T23:59",
                "must have seconds, and Z or an offset such as +02:00 at its end: 2022-01-31T23:59:00Z"
            ),
            (
                "2022-01-31 23:59Z",
                "must have seconds, and Z or an offset such as +02:00 at its end: 2022-01-31T23:59:00Z"
            ),
        ]
    )
    func `a common mistake is named`(text: String, message: String) {
        #expect(Timestamp.fault(of: text) == message)
    }

    @Test(arguments: ["1643673599", "1643673599000", "1643673599.123", "1643673599000000000"])
    func `a Unix time is named`(text: String) {
        #expect(
            Timestamp.fault(of: text) == "must be a date-time such as 2022-01-31T23:59:59.999Z, not a Unix time"
        )
    }

    @Test(
        arguments: [
            "31/01/2022", "01/31/2022", "1/31/22", "31.01.2022", "31-01-2022", "2022/01/31", "2022-1-31",
            "31/1/2022 10:00", "1/31/2022, 10:00:00 AM",
        ]
    )
    func `a date in the order of a locale is named`(text: String) {
        #expect(
            Timestamp.fault(of: text)
                == "must have a date such as 2022-01-31, with year, month and day in this order, and hyphens"
        )
    }

    @Test(
        arguments: [
            ("2022-02-30", "has a date that does not exist"), ("2022-13-01", "has a date that does not exist"),
            ("2022-02-30T12:00:00Z", "has a date that does not exist"),
            ("2022-02-30T12:00:00", "has a date that does not exist"),
            ("2022-02-30T25:00:00Z", "has a date that does not exist"),
            ("2022-01-01T24:00:00Z", "has a time or an offset that does not exist"),
            ("2022-01-01T23:60:00", "has a time or an offset that does not exist"),
            ("2022-01-01T12:00:60Z", "has a time or an offset that does not exist"),
            ("2022-01-01T12:00:00+24:00", "has a time or an offset that does not exist"),
            ("0000-01-01T00:00:00+01:00", "is not within the years 0000 to 9999 in UTC"),
            ("9999-12-31T23:59:59-01:00", "is not within the years 0000 to 9999 in UTC"),
        ]
    )
    func `a date or a time that does not exist is named`(text: String, message: String) {
        #expect(Timestamp.fault(of: text) == message)
    }

    @Test(
        arguments: [
            "", "yesterday", "20220131", "2022", "2022-01", "2022-01-31T", " 2022-01-31", "Jan 31, 2022",
            "Mon, 31 Jan 2022 23:59:59 GMT", "90", "2022-01-31T12:00:00 Z", "2022-01-31T12:00:00é",
            "2022-01-31\u{0}", "\u{0}", "2022-01-31T12:00:00\(String(repeating: " ", count: 100_000))",
        ]
    )
    func `for any other text, the message has the rule`(text: String) {
        #expect(Timestamp.hint(for: text) == nil)
        #expect(Timestamp.fault(of: text) == Timestamp.rule)
    }
}
