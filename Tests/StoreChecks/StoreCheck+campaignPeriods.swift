import SendLogCore
import TestSupport
import Testing

/// Campaigns in a period of time, and campaigns by name.
extension StoreCheck {
    static let campaignPeriods = [
        StoreCheck("campaigns of a period match a full count of its logs") { store in
            let seed = TestSeed.printed("campaigns of a period match a full count of its logs")
            let model = try await CampaignModel(in: store, logs: 300, seed: seed)
            var cases = RandomCases(seed: seed)
            for _ in 0..<400 {
                let query = cases.campaignQuery()
                let page = try await store.campaigns(query, in: model.organisation)
                #expect(page == model.page(query), "\(query), seed \(seed)")
            }
        },
        StoreCheck("the ends of a period are inclusive to the millisecond") { store in
            let organisation = try await store.organisation("Acme")
            let noon = try Sample.at("2022-04-15T12:00:00.000Z").milliseconds
            let halfDay: Int64 = 43_200_000
            // The first and the last millisecond of the day, and those around noon.
            let offsets = [-halfDay, -1, 0, 1, halfDay - 1]
            for (number, offset) in offsets.enumerated() {
                let start = try #require(Timestamp(milliseconds: noon + offset))
                _ = try await store.record(
                    Sample.log("log-\(number)", start: start, destinations: ["1", "2"]),
                    in: organisation
                )
            }
            for first in offsets.indices {
                for last in first..<offsets.count {
                    let from = try #require(Timestamp(milliseconds: noon + offsets[first]))
                    let to = try #require(Timestamp(milliseconds: noon + offsets[last]))
                    var query = CampaignQuery(period: from...to)
                    query.isSummed = true
                    let page = try await store.campaigns(query, in: organisation)
                    let count = last - first + 1
                    #expect(page.totals.sums == SendTotals(sends: count, destinations: 2 * count))
                    #expect(page.campaigns.map(\.sends) == [count])
                    #expect(page.campaigns.map(\.first) == [from] && page.campaigns.map(\.last) == [to])
                }
            }
            let before = try #require(Timestamp(milliseconds: noon - halfDay - 1))
            #expect(try await store.campaigns(CampaignQuery(period: before...before), in: organisation).total == 0)
        },
        StoreCheck("names are found without case and accents, in both normalisation forms") { store in
            let organisation = try await store.organisation("Acme")
            let names = ["Caf\u{e9} STRASSE", "Te\u{301}st", "Σίσυφος", "हिन्दी", "Spring sale", "Spring sale"]
            for (number, name) in names.enumerated() {
                let id = try #require(CampaignID("c\(number)"))
                _ = try await store.record(Sample.log("log-\(number)", campaign: id.text), in: organisation)
                _ = try await store.nameCampaign(id, #require(CampaignName(name)), in: organisation)
            }
            for (text, isWhole, found) in [
                ("cafe", false, ["c0"]), ("CAFE\u{301}", false, ["c0"]), ("straße", false, ["c0"]),
                ("cafe", true, []), ("CAFÉ straße", true, ["c0"]), ("TÉST", true, ["c1"]), ("ΣΙΣΥΦΟΣ", true, ["c2"]),
                ("हिन्दी", true, ["c3"]), ("हन्द", false, []), ("SPRING SALE", true, ["c4", "c5"]),
                ("C3", true, ["c3"]), ("C", true, []), ("C", false, ["c0", "c1", "c2", "c3", "c4", "c5"]),
            ] {
                var query = CampaignQuery(text: text, sort: .name, isDescending: false)
                query.isWhole = isWhole
                let ids = try await store.campaigns(query, in: organisation).campaigns.map(\.id.text).sorted()
                #expect(ids == found, "\(text)")
            }
        },
    ]
}
