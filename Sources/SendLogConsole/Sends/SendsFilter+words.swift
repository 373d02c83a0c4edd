import SendLogCore

/// Says in words what a filter selects.
extension SendsFilter {
    /// Returns the criteria in a few words, such as `2 campaigns, recipient, from 2022-01-01 00:00:00`.
    func summary(in zone: UserTimeZone) -> String {
        let dates = from != nil || to != nil
        return [
            campaigns.isEmpty ? nil : campaigns.count.counted("campaign"), recipient == nil ? nil : "recipient",
            dates ? zone.words(from: from, to: to) : nil,
        ].compactMap { $0 }.joined(separator: ", ")
    }

    /// Returns the filter as a sentence for the printed report, which lists the campaigns and the recipient below it.
    func words(in zone: UserTimeZone) -> String {
        let dates = zone.words(from: from, to: to)
        let campaigns = campaigns.isEmpty ? "All campaigns" : campaigns.count.counted("campaign")
        return "\(campaigns), \(recipient == nil ? "" : "one recipient, ")\(dates). Times are in \(zone.name)."
    }
}

extension UserTimeZone {
    /// Returns a range of time in words.
    func words(from: Timestamp?, to: Timestamp?) -> String {
        switch (from, to) {
        case (nil, nil): "all dates"
        case (let from?, nil): "from \(text(from))"
        case (nil, let to?): "until \(text(to))"
        case (let from?, let to?): "from \(text(from)) to \(text(to))"
        }
    }
}
