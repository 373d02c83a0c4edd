import SendLogAPI
import SendLogCore

/// Finds the campaigns that a webhook's form names.
extension CampaignLookup {
    /// The largest number of texts that are looked up for one form, because each costs searches of all names.
    private static let maxNewCampaigns = 10

    /// Replaces the names in a webhook's form with the IDs of their campaigns.
    ///
    /// A text that can be an ID, and is neither the ID nor the whole name of a campaign, is kept: a webhook may be made
    /// before the first send. So is what follows the first ``maxNewCampaigns`` of these texts and names.
    ///
    /// - Parameters:
    ///   - form: the form
    ///   - organisation: the organisation that owns the campaigns
    /// - Returns: the form; the issues of names that match no campaign, or several.
    /// - Throws: ``StoreError``.
    func resolve(
        _ form: WebhookForm,
        in organisation: OrganisationID
    ) async throws(StoreError) -> (form: WebhookForm, issues: [InputIssue]) {
        let entries = form.campaignEntries
        // The rules of webhooks refuse more.
        guard entries.count <= WebhookDefinition.maxCampaigns else { return (form, []) }
        let existing = try await existing(entries.compactMap { CampaignID($0) }, in: organisation)
        var (ids, issues, lookups): ([String], [InputIssue], Int) = ([], [], 0)
        for entry in entries {
            let id = CampaignID(entry)
            guard id.map(existing.contains) != true, lookups < Self.maxNewCampaigns else {
                ids.append(entry)
                continue
            }
            lookups += 1
            switch try await find(entry, in: organisation) {
            case .found(let found, let isExact) where isExact || id == nil: ids += found.map(\.text)
            case .several(let choice) where choice.isExact || id == nil:
                let total = choice.total.counted("campaign")
                issues.append(Self.issue("“\(Naming.shown(entry))” matches \(total); enter the ID of one"))
            case .none where id == nil: issues.append(Self.issue(Self.unknown(entry)))
            default: ids.append(entry)
            }
        }
        guard issues.isEmpty else { return (form, issues) }
        var resolved = form
        resolved.campaigns = ids.joined(separator: "\n")
        return (resolved, [])
    }

    private static func issue(_ sentence: String) -> InputIssue {
        let text = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
        return InputIssue(path: "campaign_id", message: text, isSentence: true)
    }
}
