/// A day in UTC, the unit of the counters.
public struct Day: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01; negative before it.
    public let number: Int

    /// The length of a day, in milliseconds.
    public static let milliseconds: Int64 = 86_400_000

    /// Creates a day from days since 1970-01-01.
    public init(number: Int) {
        self.number = number
    }

    /// The first millisecond of the day, in milliseconds since 1970.
    public var firstMillisecond: Int64 { Int64(number) * Self.milliseconds }

    /// The last millisecond of the day, in milliseconds since 1970.
    public var lastMillisecond: Int64 { firstMillisecond + Self.milliseconds - 1 }

    /// Orders days by time.
    public static func < (left: Day, right: Day) -> Bool {
        left.number < right.number
    }
}
