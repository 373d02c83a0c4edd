import SendLogAPI
import SendLogCore
import SendLogRecipients

/// The query of the page that compares the recipients of a campaign.
struct CompareQuery {
    /// The comparison; without the other side, the recipients of the campaign are counted.
    let comparison: AudienceComparison
    private let campaign: CampaignID
    /// The campaign of the other side; `nil` if none is entered.
    let other: CampaignID?
    /// Whether the other side has dates and no campaign: then it is all campaigns.
    var hasDatesAlone: Bool { if case .sends? = comparison.b { other == nil } else { false } }
    private let pairs: [(name: String, value: String)]

    /// The times that the form has; those that end with `to` end a range.
    static let times = ["from", "to", "other_from", "other_to"]
    /// The parameters that the form has, without hidden fields.
    static let entered = times + ["campaign", "send"]
    /// The parameters of the lists of the result.
    static let parameters = entered + ["as_of"]
    /// The parameters of the page.
    static let pageParameters = parameters + times.map { QueryString.shownPrefix + $0 }

    /// Parses the query of a campaign's page.
    ///
    /// - Throws: ``InvalidInput`` of sentences.
    init(_ query: QueryString, of campaign: CampaignID, _ zone: UserTimeZone) throws(InvalidInput) {
        self.campaign = campaign
        pairs = query.pairs.filter { Self.entered.contains($0.name) && !$0.value.isEmpty }.map { name, value in
            let isTime = Self.times.contains(name)
            let moment = isTime ? zone.timestamp(entered: value, isEnd: name.hasSuffix("to")) : nil
            return (name: name, value: moment?.description ?? value)
        }
        func moment(_ name: String, isEnd: Bool) throws(InvalidInput) -> Timestamp? {
            try query.value(name, "a date such as 2022-01-31") { zone.timestamp(entered: $0, isEnd: isEnd) }
        }
        let a = SendLogSearch(
            campaigns: [campaign],
            from: try moment("from", isEnd: false),
            to: try moment("to", isEnd: true)
        )
        let send = try query.value("send", "the ID of a send") { SendLogID($0) }
        other = try query.value("campaign", "the ID of a campaign") { CampaignID($0) }
        let (from, to) = (try moment("other_from", isEnd: false), try moment("other_to", isEnd: true))
        let b = SendLogSearch(campaigns: other.map { [$0] }, from: from, to: to)
        if let send, b.isUnfiltered {
            comparison = AudienceComparison(.sends(a), .send(send), asOf: try query.asOf())
        } else if send == nil {
            comparison = AudienceComparison(.sends(a), b.isUnfiltered ? nil : .sends(b), asOf: try query.asOf())
        } else {
            throw InvalidInput(sentences: ["Enter either a send ID, or a campaign and dates."])
        }
    }

    /// Returns the parameters of the page with another campaign; times are in UTC, unless clocks skipped them.
    static func parameters(
        of query: QueryString,
        _ campaign: CampaignID?,
        _ zone: UserTimeZone
    ) -> [(name: String, value: String)] {
        let kept = query.pairs.filter { entered.contains($0.name) && $0.name != "campaign" && !$0.value.isEmpty }
        let moments = kept.map { name, value in
            let isEnd = name.hasSuffix("to")
            let isMoment = times.contains(name) && !zone.isSkipped(entered: value, isEnd: isEnd)
            let moment = isMoment ? zone.timestamp(entered: value, isEnd: isEnd) : nil
            return (name: name, value: moment?.description ?? value)
        }
        return moments + (campaign.map { [(name: "campaign", value: $0.text)] } ?? [])
    }

    /// Returns the link to the page of a campaign with parameters.
    ///
    /// If there are none, it has an empty one: the recipients of the campaign are counted.
    static func link(_ campaign: CampaignID, _ parameters: [(name: String, value: String)]) -> String {
        "/console/campaigns/\(campaign)/compare?\(parameters.isEmpty ? "campaign=" : parameters.encoded)"
    }

    /// Returns the link to a list of the result, as a file in a format.
    func link(_ format: String, _ list: AudienceList, _ asOf: SequenceNumber) -> String {
        let all = pairs + [(name: "list", value: list.rawValue), (name: "as_of", value: String(asOf.number))]
        return "/console/campaigns/\(campaign)/compare.\(format)?\(all.encoded)"
    }

    /// Returns the values of the form: times are local, with their moments in hidden fields.
    static func values(of query: QueryString, to campaign: CampaignID, _ zone: UserTimeZone) -> [String: Any] {
        var (values, notes, moments): ([String: Any], [[String: String]], [String: Timestamp]) = ([:], [], [:])
        let entered = CampaignID(query["campaign"] ?? "")
        for name in Self.entered {
            let (field, text, isEnd) = (name.replacing("_", with: "-"), query[name] ?? "", name.hasSuffix("to"))
            values[field] = text
            guard times.contains(name), let moment = zone.timestamp(entered: text, isEnd: isEnd) else { continue }
            values[field] = zone.fieldText(moment, isEnd: isEnd)
            values["shown-\(field)"] = moment.description
            let skipped = zone.isSkipped(entered: text, isEnd: isEnd) ? text : nil
            moments[name] = moment
            guard let note = TimeNote(moment, isEnd: isEnd, skipped: skipped, in: zone) else { continue }
            var shown = ["text": note.text]
            if let other = note.other {
                let changed = parameters(of: query, entered, zone).map { parameter in
                    parameter.name == name ? (name: name, value: other.moment.description) : parameter
                }
                (shown["other"], shown["link"]) = (other.title, link(campaign, changed))
            }
            notes.append(shown)
        }
        values["notes"] = notes
        values["dates"] = zone.words(from: moments["from"], to: moments["to"])
        return values
    }

    /// Returns what the campaign is compared with as a sentence for the printed page, with a space at its end; empty if
    /// its recipients are only counted.
    static func other(of query: QueryString, _ zone: UserTimeZone) -> String {
        func given(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let send = given("send") { return "Compared with the send \(send). " }
        let from = given("other_from").flatMap { zone.timestamp(entered: $0, isEnd: false) }
        let to = given("other_to").flatMap { zone.timestamp(entered: $0, isEnd: true) }
        guard let campaign = given("campaign") else {
            return from == nil && to == nil ? "" : "Compared with all campaigns, \(zone.words(from: from, to: to)). "
        }
        return "Compared with the campaign \(campaign), \(zone.words(from: from, to: to)). "
    }
}
