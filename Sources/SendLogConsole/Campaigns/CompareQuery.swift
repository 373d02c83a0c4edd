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

    /// The parameters that the form has.
    static let entered = ["from", "to", "campaign", "send", "other_from", "other_to"]
    /// The parameters of the page.
    static let parameters = entered + ["as_of"]

    /// Parses the query of a campaign's page.
    ///
    /// - Throws: ``InvalidInput`` of sentences.
    init(_ query: QueryString, of campaign: CampaignID, _ zone: UserTimeZone) throws(InvalidInput) {
        self.campaign = campaign
        pairs = query.pairs.filter { Self.entered.contains($0.name) && !$0.value.isEmpty }
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

    /// Returns the link to a list of the result, as a file in a format.
    func link(_ format: String, _ list: AudienceList, _ asOf: SequenceNumber) -> String {
        let all = pairs + [("list", list.rawValue), ("as_of", String(asOf.number))]
        let query = all.map { "\($0.name)=\(QueryString.encode($0.value))" }.joined(separator: "&")
        return "/console/campaigns/\(campaign)/compare.\(format)?\(query)"
    }
}
