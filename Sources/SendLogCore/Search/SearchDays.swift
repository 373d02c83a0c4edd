/// The time range of a search, split into whole days and partial days.
///
/// Counters give the totals of whole days; the logs of partial days must be counted one by one.
public struct SearchDays: Equatable, Sendable {
    /// The days that lie completely within the search, as days since 1970-01-01.
    public let whole: ClosedRange<Int>?
    /// The partial days at the ends of the range, in milliseconds since 1970 and ascending order: none, one or two.
    public let edges: [ClosedRange<Int64>]

    /// Splits the time range between two timestamps, both inclusive.
    ///
    /// - Precondition: `from` is not after `to`.
    public init(from: Timestamp, to: Timestamp) {
        let first = from.milliseconds == from.day.firstMillisecond ? from.day.number : from.day.number + 1
        let last = to.milliseconds == to.day.lastMillisecond ? to.day.number : to.day.number - 1
        whole = first <= last ? first...last : nil
        if from.day == to.day {
            edges = whole == nil ? [from.milliseconds...to.milliseconds] : []
            return
        }
        var edges: [ClosedRange<Int64>] = []
        if from.milliseconds != from.day.firstMillisecond { edges.append(from.milliseconds...from.day.lastMillisecond) }
        if to.milliseconds != to.day.lastMillisecond { edges.append(to.day.firstMillisecond...to.milliseconds) }
        self.edges = edges
    }
}
