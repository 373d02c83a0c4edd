import SendLogCore

/// A note on a time of a filter whose local time clocks show twice, or never.
struct TimeNote: Hashable {
    /// The sentences.
    let text: String
    /// The other moment at which clocks show the local time, and its offset.
    private(set) var other: Other?

    /// A moment that the user may have meant.
    struct Other: Hashable {
        let moment: Timestamp
        let title: String
    }

    /// Creates the note on a time of a range; `nil` if clocks show its local time once.
    ///
    /// - Parameters:
    ///   - moment: the time
    ///   - isEnd: whether it ends the range
    ///   - entered: the text that was entered, if clocks skipped it
    ///   - zone: the user's time zone
    init?(_ moment: Timestamp, isEnd: Bool, skipped entered: String?, in zone: UserTimeZone) {
        func shown(_ moment: Timestamp) -> String { zone.fieldText(moment, isEnd: isEnd).replacing("T", with: " ") }
        if let entered {
            let (what, verb) = (entered.replacing("T", with: " "), isEnd ? "ends" : "begins")
            text = "Clocks in \(zone.name) skipped \(what). The range \(verb) at \(shown(moment))."
            return
        }
        guard case .twice(let first, let second)? = zone.moments(local: zone.local(moment)) else { return nil }
        func offset(_ moment: Timestamp) -> String { zone.offsetText(at: moment) ?? "UTC" }
        let (verb, isFirst) = (isEnd ? "ends" : "begins", moment == first)
        text =
            "Clocks in \(zone.name) showed \(shown(moment)) twice. The range \(verb) at the "
            + "\(isFirst ? "first" : "second") (\(offset(moment)))."
        let rest = isFirst ? second : first
        other = Other(moment: rest, title: "Use the \(isFirst ? "second" : "first") (\(offset(rest)))")
    }
}
