import Foundation
import SendLogCore

/// Finds the campaigns that a user means by their IDs, their names, or parts of these.
struct CampaignLookup: Sendable {
    let store: any CampaignStore

    /// What a text means.
    enum Outcome {
        /// These campaigns, of which there is at least one; `isExact` if it is their IDs, or the whole name.
        case found([CampaignID], isExact: Bool)
        /// One of several campaigns.
        case several(CampaignChoice)
        /// No campaign.
        case none
    }

    /// Returns what a text means: the IDs of existing campaigns, else a whole ID or name, else a part of one.
    ///
    /// - Parameters:
    ///   - text: one or several IDs with commas or white space between them, or a name, or a part of either
    ///   - organisation: the organisation that owns the campaigns
    /// - Returns: what the text means.
    /// - Throws: ``StoreError``.
    func find(_ text: String, in organisation: OrganisationID) async throws(StoreError) -> Outcome {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let words = SendsFilter.ids(of: text)
        let ids = words.compactMap { CampaignID($0) }
        guard !text.isEmpty, !words.isEmpty else { return .none }
        if ids.count == words.count {
            if ids.count > SendsFilter.maxCampaigns { return .none }
            if try await existing(ids, in: organisation).count == Set(ids).count { return .found(ids, isExact: true) }
        }
        for isWhole in [true, false] {
            var query = CampaignQuery(text: text, limit: CampaignChoice.maxCampaigns)
            query.isWhole = isWhole
            let page = try await store.campaigns(query, in: organisation)
            if page.total == 1, let only = page.campaigns.first { return .found([only.id], isExact: isWhole) }
            if page.total > 0 { return .several(CampaignChoice(text: text, page, isExact: isWhole)) }
        }
        return .none
    }

    /// Returns those of some campaigns that exist.
    func existing(_ ids: [CampaignID], in organisation: OrganisationID) async throws(StoreError) -> Set<CampaignID> {
        let days = Timestamp.earliest.day...Timestamp.latest.day
        return Set(try await store.tallies(ofEach: ids, over: days, in: organisation).keys)
    }

    /// The largest number of names that are looked up for one request.
    private static let maxNames = 4

    /// What the texts of a filter's fields for campaigns mean.
    struct Entry {
        /// The campaigns that were found, each once.
        var campaigns: [CampaignID] = []
        /// The campaigns that the first ambiguous text may mean.
        var choice: CampaignChoice?
        /// The first text that no campaign matches.
        var unknown: String?
        /// Whether the texts are the IDs of the campaigns.
        var isOfIDs = true
    }

    /// Returns what the texts of a filter's fields for campaigns mean.
    ///
    /// After the first text that is not clear, only the IDs of existing campaigns are taken: the user corrects one text at
    /// a time, and each costs searches of all names. So at most ``maxNames`` names are looked up.
    ///
    /// - Throws: ``StoreError``.
    func entry(_ texts: [String], in organisation: OrganisationID) async throws(StoreError) -> Entry {
        let ids = texts.flatMap(SendsFilter.ids).compactMap { CampaignID($0) }
        // The filter refuses more, whether they exist or not.
        if Set(ids).count > SendsFilter.maxCampaigns { return Entry(campaigns: ids) }
        let existing = try await self.existing(texts.compactMap { CampaignID($0) }, in: organisation)
        var (entry, seen, names) = (Entry(), Set<CampaignID>(), 0)
        var sought: Set<String> = []
        for text in texts where !SendsFilter.ids(of: text).isEmpty && sought.insert(text).inserted {
            if let id = CampaignID(text), existing.contains(id) {
                if seen.insert(id).inserted { entry.campaigns.append(id) }
                continue
            }
            guard entry.choice == nil, entry.unknown == nil else { continue }
            names += 1
            if names > Self.maxNames {
                entry.unknown = text
                continue
            }
            switch try await find(text, in: organisation) {
            case .found(let ids, _):
                for id in ids where seen.insert(id).inserted { entry.campaigns.append(id) }
                entry.isOfIDs = entry.isOfIDs && ids.map(\.text) == SendsFilter.ids(of: text)
            case .several(let choice): entry.choice = choice
            case .none: entry.unknown = text
            }
        }
        return entry
    }

    /// The message for a text that no campaign matches.
    static func unknown(_ text: String) -> String { "No campaign has “\(Naming.shown(text))” in its ID or name." }
}
