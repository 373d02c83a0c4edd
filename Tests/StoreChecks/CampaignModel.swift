import SendLogCore
import Testing

/// Records random logs in a store, and computes the campaign pages and day tallies that the store must return.
struct CampaignModel {
    let organisation: OrganisationID
    let seed: UInt64
    private(set) var campaigns: [Campaign] = []
    /// The logs by sequence number.
    private var logs: [Int: PreparedSendLog] = [:]
    private var names: [CampaignID: CampaignName] = [:]

    /// Records random logs in a new organisation, and names some of their campaigns.
    init(in store: any Store, logs count: Int, seed: UInt64) async throws {
        self.seed = seed
        organisation = try await store.organisation("Acme")
        // Another organisation's logs lie between them.
        let other = try await store.organisation("Zulu")
        var cases = RandomCases(seed: seed)
        for number in 0..<count {
            let log = try cases.log(number)
            if number % 7 == 0 { _ = try await store.record([log], in: other) }
            _ = try await store.record([log], in: organisation)
            logs[number + 1] = log
        }
        let names = [
            "Brief", "brief <i>", "ünï", "%", "_'", "Zebra", "campaign-1", "STRASSE", "E\u{301}te\u{301}",
        ].compactMap { CampaignName($0) }
        for id in Set(logs.values.map(\.campaignID)).sorted(by: { $0.text < $1.text }) where cases.once(in: 3) {
            self.names[id] = names[cases.number(0...names.count - 1)]
        }
        for (id, name) in self.names { _ = try await store.nameCampaign(id, name, in: organisation) }
        try countCampaigns()
    }

    /// Deletes logs of the store.
    mutating func delete(_ sequences: [Int], in store: any Store) async throws {
        let count = try await store.delete(sequences, in: organisation)
        #expect(count == sequences.count)
        for sequence in sequences { logs[sequence] = nil }
        try countCampaigns()
    }

    private mutating func countCampaigns() throws {
        campaigns = count(Array(logs.values))
        #expect(campaigns.count == Set(logs.values.map(\.campaignID)).count)
    }

    private func count(_ logs: [PreparedSendLog]) -> [Campaign] {
        Dictionary(grouping: logs, by: \.campaignID).compactMap { id, logs in
            guard let first = logs.map(\.start).min(), let last = logs.map(\.start).max() else { return nil }
            let destinations = logs.reduce(0) { $0 + $1.destinations.count }
            return Campaign(
                id: id,
                name: names[id],
                sends: logs.count,
                destinations: destinations,
                first: first,
                last: last
            )
        }
    }

    /// The page that a store must return.
    func page(_ query: CampaignQuery) -> CampaignPage {
        let counted =
            query.period.map { period in count(logs.values.filter { period.contains($0.start) }) } ?? campaigns
        let found = counted.filter { campaign in
            guard let text = query.text.map(FoldedText.init) else { return true }
            return [campaign.id.text, campaign.name?.description].compactMap(\.self).map(FoldedText.init).contains {
                query.isWhole ? $0 == text : $0.contains(text)
            }
        }
        let sorted = found.sorted { left, right in
            switch query.sort {
            case .last: Self.isBefore(left, right, query, left.last, right.last)
            case .first: Self.isBefore(left, right, query, left.first, right.first)
            case .sends: Self.isBefore(left, right, query, left.sends, right.sends)
            case .destinations: Self.isBefore(left, right, query, left.destinations, right.destinations)
            case .name: Self.isBefore(left, right, query, Self.name(left), Self.name(right))
            }
        }
        let sums = found.reduce(into: SendTotals()) { $0 += SendTotals(sends: $1.sends, destinations: $1.destinations) }
        return CampaignPage(
            totals: CampaignTotals(campaigns: found.count, sums: query.isSummed ? sums : nil),
            campaigns: Array(sorted.dropFirst(query.skip).prefix(query.limit))
        )
    }

    /// The tallies over all days that a store must return.
    func tallies(of campaigns: [CampaignID]?) -> [DayTally] {
        let requested = logs.values.filter { campaigns?.contains($0.campaignID) ?? true }
        return Dictionary(grouping: requested) { $0.start.day }.map { day, logs in
            DayTally(day: day, sends: logs.count, destinations: logs.reduce(0) { $0 + $1.destinations.count })
        }.sorted { $0.day < $1.day }
    }

    private static func isBefore<Key: Comparable>(
        _ left: Campaign,
        _ right: Campaign,
        _ query: CampaignQuery,
        _ leftKey: Key,
        _ rightKey: Key
    ) -> Bool {
        if leftKey == rightKey { return left.id.text < right.id.text }
        return (leftKey < rightKey) != query.isDescending
    }

    /// The sort key of a name: its bytes, which both databases compare.
    private static func name(_ campaign: Campaign) -> Bytes {
        Bytes(bytes: Array(lower(campaign.name?.description ?? campaign.id.text).utf8))
    }

    private struct Bytes: Comparable {
        let bytes: [UInt8]
        static func < (left: Bytes, right: Bytes) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
    }

    private static func lower(_ text: String) -> String {
        String(decoding: text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }
}
