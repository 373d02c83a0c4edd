/// A time in UTC with millisecond precision, from year 0000 to year 9999.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; negative before it.
    public let milliseconds: Int64

    /// 0000-01-01T00:00:00.000Z.
    public static let earliest = Timestamp(unchecked: -62_167_219_200_000)
    /// 9999-12-31T23:59:59.999Z.
    public static let latest = Timestamp(unchecked: 253_402_300_799_999)

    /// Creates a timestamp from milliseconds since 1970; `nil` outside the years that RFC 3339 can express.
    public init?(milliseconds: Int64) {
        guard (Self.earliest.milliseconds...Self.latest.milliseconds).contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    private init(unchecked milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Orders timestamps by time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Returns the timestamp a number of milliseconds later, at most the latest one, or earlier if it is negative.
    package func advanced(by milliseconds: Int64) -> Timestamp {
        let (sum, isTooLarge) = self.milliseconds.addingReportingOverflow(milliseconds)
        return (isTooLarge ? nil : Timestamp(milliseconds: sum)) ?? (milliseconds < 0 ? .earliest : .latest)
    }

    /// The UTC day of this timestamp.
    public var day: Day {
        Day(number: Int(milliseconds.flooringDivided(by: Day.milliseconds)))
    }
}

extension Int64 {
    /// Returns the quotient rounded down, also for times before 1970.
    func flooringDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
