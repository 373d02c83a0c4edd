import SendLogAPI
import SendLogCore

/// The campaigns that a text may mean, of which the user chooses one.
struct CampaignChoice {
    /// The text that was entered.
    let text: String
    /// The most recently active campaigns that match, at most ``maxCampaigns``.
    let campaigns: [Campaign]
    /// The number of campaigns that match.
    let total: Int
    /// Whether the text is the whole ID or name of each.
    let isExact: Bool

    /// The largest number of campaigns that a page lists.
    static let maxCampaigns = 20

    init(text: String, _ page: CampaignPage, isExact: Bool) {
        (self.text, self.isExact) = (text, isExact)
        (campaigns, total) = (page.campaigns, page.total)
    }

    /// Returns the values for the template `campaign-choice`.
    ///
    /// - Parameter link: returns the link that chooses a campaign
    /// - Returns: the values.
    func values(link: (CampaignID) -> String) -> [String: Any] {
        var values: [String: Any] = [
            "text": UntrustedText.html([text], separator: ""), "total": total.counted("campaign"),
            "items": campaigns.map { campaign in
                [
                    "link": link(campaign.id), "id": campaign.id.text,
                    "name": campaign.name.map { UntrustedText.html($0.description) } ?? "",
                ]
            },
        ]
        if total > campaigns.count {
            values["more"] = (total - campaigns.count).grouped
            // A recipient that was entered by mistake must not get into a URL.
            values["report"] = Self.mayBeRecipient(text) ? nil : CampaignsView(search: text).link
        }
        return values
    }

    /// Returns whether a text may be a recipient: a telephone number, or an address.
    static func mayBeRecipient(_ text: String) -> Bool {
        text.contains("@") || RecipientKey.isTelephoneNumber(text)
            || SendsFilter.ids(of: text).contains(where: RecipientKey.isTelephoneNumber)
    }
}
