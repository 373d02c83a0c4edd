/// The counters of one day.
public struct DayTally: Equatable, Sendable {
    /// The day, in UTC.
    public let day: Day
    /// The number of send logs whose delivery started on this day.
    public private(set) var sends: Int
    /// The number of destinations of these send logs.
    public private(set) var destinations: Int

    /// Creates a tally from its parts.
    public init(day: Day, sends: Int, destinations: Int) {
        (self.day, self.sends, self.destinations) = (day, sends, destinations)
    }

    /// A tally of the same day without send logs.
    public var none: DayTally { DayTally(day: day, sends: 0, destinations: 0) }

    /// Adds another tally of the same day.
    public static func += (left: inout DayTally, right: DayTally) {
        left.sends += right.sends
        left.destinations += right.destinations
    }
}
