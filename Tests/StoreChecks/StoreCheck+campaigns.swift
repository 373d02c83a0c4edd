import SendLogCore
import TestSupport
import Testing

extension StoreCheck {
    static let campaigns = [
        StoreCheck("campaigns match a full count of the logs, in every order and page") { store in
            let seed = TestSeed.printed("campaigns match a full count of the logs")
            let model = try await CampaignModel(in: store, logs: 300, seed: seed)
            let texts = [
                nil, "campaign-1", "CAMPAIGN-7", "ünï", "BRIEF", "%", "_", "campaign-1199x", "'", "\0", "a\0", "straße",
                "ÉTÉ",
            ]
            for sort in CampaignQuery.Sort.allCases {
                for isDescending in [true, false] {
                    for text in texts {
                        for (skip, limit) in [
                            (0, 1000), (0, 3), (2, 5), (9, 1), (0, 0), (1 << 53, 7), (0, CampaignQuery.noLimit),
                            (1 << 53, CampaignQuery.noLimit),
                        ] {
                            let query = CampaignQuery(
                                text: text,
                                sort: sort,
                                isDescending: isDescending,
                                skip: skip,
                                limit: limit
                            )
                            let page = try await store.campaigns(query, in: model.organisation)
                            #expect(page == model.page(query), "\(query), seed \(model.seed)")
                        }
                    }
                }
            }
            for campaign in model.campaigns {
                #expect(try await store.campaign(campaign.id, in: model.organisation) == campaign)
            }
        },
        StoreCheck("campaigns are passed one at a time, and a failure ends the query alone") { store in
            let organisation = try await store.organisation("Acme")
            let ids = (1000..<2200).map { "campaign-\($0)" }
            _ = try await store.record(ids.map { try Sample.log("log-of-\($0)", campaign: $0) }, in: organisation)
            let query = CampaignQuery(sort: .name, isDescending: false, limit: CampaignQuery.noLimit)
            let all = try await store.reduceCampaigns(query, in: organisation, into: ["first"]) {
                $0.append($1.id.text)
            }
            #expect(all.totals == CampaignTotals(campaigns: ids.count))
            #expect(all.result == ["first"] + ids)
            let failure = StoreError.unavailable(.full, detail: "a test")
            await #expect(throws: failure) {
                try await store.reduceCampaigns(query, in: organisation, into: 0) { count, _ throws(StoreError) in
                    count += 1
                    if count == 1000 { throw failure }
                }
            }
            #expect(try await store.campaigns(query, in: organisation).campaigns.map(\.id.text) == ids)
        },
        StoreCheck("tallies match a full count of the logs") { store in
            let seed = TestSeed.printed("tallies match a full count of the logs")
            let model = try await CampaignModel(in: store, logs: 300, seed: seed)
            let ids = model.campaigns.map(\.id)
            let unknown = try #require(CampaignID("never-sent"))
            for campaigns in [nil, [], [unknown], [ids[0]], [ids[0], unknown, ids[1], ids[0]], ids] {
                let all = try await store.tallies(
                    of: campaigns,
                    over: Timestamp.earliest.day...Timestamp.latest.day,
                    in: model.organisation
                )
                #expect(all == model.tallies(of: campaigns), "seed \(model.seed)")
                guard let first = all.first?.day, let last = all.last?.day else { continue }
                let inner = Day(number: first.number + 1)...Day(number: max(last.number - 1, first.number + 1))
                #expect(
                    try await store.tallies(of: campaigns, over: inner, in: model.organisation)
                        == all.filter { inner.contains($0.day) }
                )
            }
            let days = Timestamp.earliest.day...Timestamp.latest.day
            let some = [ids[0], unknown, ids[1], ids[0]]
            let each = try await store.tallies(ofEach: some, over: days, in: model.organisation)
            let expected = [ids[0]: model.tallies(of: [ids[0]]), ids[1]: model.tallies(of: [ids[1]])]
            #expect(each == expected)
            #expect(try await store.tallies(ofEach: [], over: days, in: model.organisation) == [:])
            let day = try #require(expected[ids[0]]?.first?.day)
            let ofDay = try await store.tallies(ofEach: some, over: day...day, in: model.organisation)
            #expect(ofDay == expected.mapValues { $0.filter { $0.day == day } }.filter { !$0.value.isEmpty })
        },
        StoreCheck("a campaign exists from its first send, and not before") { store in
            let organisation = try await store.organisation("Acme")
            let (spring, name) = try (#require(CampaignID("spring")), #require(CampaignName("Spring")))
            #expect(
                try await store.campaigns(CampaignQuery(), in: organisation)
                    == CampaignPage(totals: CampaignTotals(), campaigns: [])
            )
            await #expect(throws: StoreError.notFound) { try await store.campaign(spring, in: organisation) }
            await #expect(throws: StoreError.notFound) { try await store.nameCampaign(spring, name, in: organisation) }
            #expect(try await store.campaignNames(of: nil, in: organisation) == [:])
            let log = try Sample.log("a", destinations: ["1", "2"])
            _ = try await store.record(log, in: organisation)
            let campaign = Campaign(id: spring, name: nil, sends: 1, destinations: 2, first: log.start, last: log.start)
            #expect(try await store.campaign(spring, in: organisation) == campaign)
            #expect(
                try await store.campaigns(CampaignQuery(), in: organisation)
                    == CampaignPage(totals: CampaignTotals(campaigns: 1), campaigns: [campaign])
            )
            // A conflict and an existing log add no campaign.
            _ = try await store.record(Sample.log("a", campaign: "autumn"), in: organisation)
            _ = try await store.record(log, in: organisation)
            #expect(try await store.campaigns(CampaignQuery(), in: organisation).campaigns == [campaign])
        },
        StoreCheck("a campaign's name can be set, changed and read") { store in
            let organisation = try await store.organisation("Acme")
            for id in ["spring", "0123456789abcdef01234567", "autumn"] {
                _ = try await store.record(Sample.log("log-of-\(id)", campaign: id), in: organisation)
            }
            let ids = try Sample.campaigns("spring", "0123456789abcdef01234567", "autumn", "never-sent")
            for text in ["Spring", "<b>{{x}}</b> 'ünï' \"😀\" \u{202e}", "Spring 2"] {
                let name = try #require(CampaignName(text))
                for id in ids.prefix(2) {
                    #expect(try await store.nameCampaign(id, name, in: organisation).name == name)
                    #expect(try await store.campaign(id, in: organisation).name == name)
                }
                let names = [ids[0]: name, ids[1]: name]
                #expect(try await store.campaignNames(of: nil, in: organisation) == names)
                #expect(try await store.campaignNames(of: ids, in: organisation) == names)
                #expect(try await store.campaignNames(of: [ids[1], ids[1]], in: organisation) == [ids[1]: name])
                #expect(try await store.campaignNames(of: [], in: organisation) == [:])
            }
            // Recording another send does not change the name.
            _ = try await store.record(Sample.log("more"), in: organisation)
            #expect(try await store.campaign(ids[0], in: organisation).name?.description == "Spring 2")
            #expect(try await store.campaign(ids[0], in: organisation).sends == 2)
        },
        StoreCheck("another organisation's campaigns are not found") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let name = try #require(CampaignName("Theirs"))
            _ = try await store.record(Sample.log("a", campaign: "only-zulu", destinations: ["1"]), in: zulu)
            _ = try await store.record(Sample.log("b", campaign: "both", destinations: ["1"]), in: zulu)
            _ = try await store.record(Sample.log("b", campaign: "both", destinations: ["1", "2"]), in: acme)
            let (foreign, both) = try (#require(CampaignID("only-zulu")), #require(CampaignID("both")))
            for id in [foreign, both] { _ = try await store.nameCampaign(id, name, in: zulu) }
            await #expect(throws: StoreError.notFound) { try await store.campaign(foreign, in: acme) }
            await #expect(throws: StoreError.notFound) { try await store.nameCampaign(foreign, name, in: acme) }
            let page = try await store.campaigns(CampaignQuery(), in: acme)
            #expect(page.campaigns.map(\.id) == [both])
            #expect(page.campaigns.map(\.name) == [nil])
            #expect(page.campaigns.map(\.destinations) == [2])
            #expect(try await store.campaigns(CampaignQuery(text: "theirs"), in: acme).total == 0)
            // The names of other organisations are not searched, and their send logs do not count in a period.
            for (text, isWhole) in [("THEIRS", true), ("only", false), ("only-zulu", true)] {
                var query = CampaignQuery(text: text, period: .earliest ... .latest)
                query.isWhole = isWhole
                #expect(try await store.campaigns(query, in: acme).total == 0)
                #expect(try await store.campaigns(query, in: zulu).total > 0)
            }
            let start = try Sample.log("b").start
            let cut = try await store.campaigns(CampaignQuery(period: start...start), in: acme)
            #expect(cut.campaigns.map(\.destinations) == [2])
            #expect(try await store.campaignNames(of: nil, in: acme) == [:])
            #expect(try await store.campaignNames(of: [foreign, both], in: acme) == [:])
            let days = Timestamp.earliest.day...Timestamp.latest.day
            #expect(try await store.tallies(of: [foreign], over: days, in: acme) == [])
            #expect(try await store.tallies(of: nil, over: days, in: acme).map(\.destinations) == [2])
            #expect(
                try await store.tallies(ofEach: [foreign, both], over: days, in: acme).keys.map(\.text) == ["both"]
            )
        },
    ]

    static let sessions = [
        StoreCheck("a session gives its key until it ends or expires") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let described = NewAPIKey(name: "console", permissions: [.readSendLogs], expires: nil)
            var keys: [APIKey] = []
            for (number, organisation) in [acme, zulu].enumerated() {
                let hash = [UInt8](repeating: UInt8(number), count: 32)
                keys.append(try await store.createKey(described, hash: hash, in: organisation, at: .earliest))
            }
            let (now, end) = try (#require(Sample.start), #require(Sample.later(1000)))
            let hashes = (0..<3).map { [UInt8](repeating: 0xf0 + UInt8($0), count: 32) }
            try await store.createSession(hashes[0], of: keys[0].id, in: acme, at: now, until: end)
            try await store.createSession(hashes[1], of: keys[1].id, in: zulu, at: now, until: end)
            #expect(try await store.sessionKey(hashes[0], in: acme, at: now) == keys[0])
            let last = try #require(Sample.later(999))
            #expect(try await store.sessionKey(hashes[1], in: zulu, at: last) == keys[1])
            for (hash, organisation, time) in [
                (hashes[1], zulu, end), (hashes[2], acme, now), (hashes[2], zulu, now), ([], acme, now),
            ] {
                await #expect(throws: StoreError.notFound) {
                    try await store.sessionKey(hash, in: organisation, at: time)
                }
            }
            // The session of a revoked key gives the revoked key.
            let revoked = try await store.revokeKey(keys[0].id, in: acme, at: now)
            #expect(try await store.sessionKey(hashes[0], in: acme, at: now) == revoked)
            for _ in 0..<2 { try await store.endSession(hashes[0], in: acme) }
            await #expect(throws: StoreError.notFound) { try await store.sessionKey(hashes[0], in: acme, at: now) }
            #expect(try await store.sessionKey(hashes[1], in: zulu, at: now) == keys[1])
            // Creating a session deletes expired ones of the organisation, so that their hashes can be used again.
            let later = try #require(Sample.later(5000))
            try await store.createSession(hashes[0], of: keys[1].id, in: zulu, at: end, until: later)
            try await store.createSession(hashes[1], of: keys[1].id, in: zulu, at: end, until: later)
            #expect(try await store.sessionKey(hashes[1], in: zulu, at: end) == keys[1])
        },
        StoreCheck("a session is found and ended only in its organisation") { store in
            let (acme, zulu) = (try await store.organisation("Acme"), try await store.organisation("Zulu"))
            let described = NewAPIKey(name: "console", permissions: [.readSendLogs], expires: nil)
            let hash = [UInt8](repeating: 7, count: 32)
            let key = try await store.createKey(described, hash: hash, in: acme, at: .earliest)
            try await store.createSession(hash, of: key.id, in: acme, at: .earliest, until: .latest)
            for other in [zulu, OrganisationID(zulu.number + 9)] {
                await #expect(throws: StoreError.notFound) {
                    try await store.sessionKey(hash, in: other, at: .earliest)
                }
                try await store.endSession(hash, in: other)
            }
            #expect(try await store.sessionKey(hash, in: acme, at: .earliest) == key)
        },
    ]
}
