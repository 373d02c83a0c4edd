/// What a search covers in days: counters know the whole ones; the logs of those that it cuts must be counted singly.
public struct SearchDays: Equatable, Sendable {
    /// The days that lie wholly within the search, since 1970-01-01.
    public let whole: ClosedRange<Int>?
    /// The parts of days that the search cuts, in milliseconds since 1970, in the order of time: none, one or two.
    public let edges: [ClosedRange<Int64>]

    /// Cuts the time between two moments, both of which belong to it; the first must not come after the last.
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
