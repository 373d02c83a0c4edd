import SendLogCore

/// A common range of time, such as this month, in the user's time zone.
struct TimeSpan {
    let title: String
    /// The start of the range; `nil` for no bound.
    let from: Timestamp?
    /// The end of the range, inclusive; `nil` for no bound.
    let to: Timestamp?

    /// Returns the ranges that reports offer.
    static func common(in zone: UserTimeZone, at now: Timestamp) -> [TimeSpan] {
        func before(_ moment: Timestamp) -> Timestamp? { Timestamp(milliseconds: moment.milliseconds - 1) }
        let midnight = { (days: Int) in zone.midnight(days, after: now) }
        let month = { (months: Int) in zone.firstOfMonth(months, after: now) }
        let endOfToday = before(midnight(1))
        return [
            TimeSpan(title: "All time", from: nil, to: nil),
            TimeSpan(title: "Today", from: midnight(0), to: endOfToday),
            TimeSpan(title: "Yesterday", from: midnight(-1), to: before(midnight(0))),
            TimeSpan(title: "Last 7 days", from: midnight(-6), to: endOfToday),
            TimeSpan(title: "Last 30 days", from: midnight(-29), to: endOfToday),
            TimeSpan(title: "This month", from: month(0), to: before(month(1))),
            TimeSpan(title: "Last month", from: month(-1), to: before(month(0))),
        ]
    }

    /// Returns the links to a report of the common ranges as HTML; the current range is marked.
    ///
    /// - Parameters:
    ///   - zone: the user's time zone
    ///   - now: the current time
    ///   - current: the report's range
    ///   - link: returns the link to the report of a range
    /// - Returns: the links.
    static func links(
        in zone: UserTimeZone,
        at now: Timestamp,
        current: (from: Timestamp?, to: Timestamp?),
        _ link: (TimeSpan) -> String
    ) -> [UInt8] {
        var html: [UInt8] = []
        for span in common(in: zone, at: now) {
            html.append("<a href=\"")
            html.appendHTML(link(span))
            html.append((span.from, span.to) == current ? "\" aria-current=true>" : "\">")
            html.append(contentsOf: span.title.utf8)
            html.append("</a>\n")
        }
        return html
    }
}
