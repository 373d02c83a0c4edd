import SendLogCore
import TestSupport
import Testing

/// Deleted logs: every query matches the remaining ones.
extension StoreCheck {
    static let deletion = [
        StoreCheck("after deletions, every search returns what the remaining logs give") { store in
            let seed = TestSeed.printed("after deletions, every search returns what the remaining logs give")
            var cases = RandomCases(seed: seed)
            let (acme, zulu) = (try await store.organisation("Acme"), try await store.organisation("Zulu"))
            let other = try await store.record(Sample.log("other", destinations: ["1"]), in: zulu)
            var (model, number) = (SearchModel(), 0)
            for round in 0..<TestScale.count(12, soak: 60) {
                let logs = try (0..<cases.number(0...60)).map { _ in
                    number += 1
                    return try cases.log(number)
                }
                for outcome in try await store.record(logs, in: acme) {
                    #expect(Int(outcome.recorded?.sequence.number ?? 0) > model.head)
                }
                for log in logs { model.append(log) }
                // Mostly a few logs, sometimes all, often the newest one.
                let share = [2, 4, 10, 1000][cases.number(0...3)]
                var deleted = Set(model.logs.map(\.sequence).filter { _ in cases.once(in: share) })
                if cases.once(in: 3), let last = model.logs.last { deleted.insert(last.sequence) }
                if round % 5 == 4 { deleted = Set(model.logs.map(\.sequence)) }
                #expect(try await store.delete(deleted.shuffled(using: &cases.random), in: acme) == deleted.count)
                model.delete(deleted)
                for turn in 0..<60 {
                    let search = cases.search(logs: model.head)
                    try await compare(search, in: acme, of: store, with: model) {
                        "SENDLOG_TEST_SEED=\(seed), round \(round), search \(turn): \(search)"
                    }
                }
                try await expect(model, in: acme, of: store, &cases)
            }
            #expect(try await store.check { _, _ in } == [])
            #expect(try await store.find(SendLogSearch(), in: zulu) == [1])
            #expect(try await store.chunks(of: #require(other.recorded).sequence, in: zulu).count == 1)
        },
        StoreCheck("after deletions, campaigns and tallies match the remaining logs") { store in
            let seed = TestSeed.printed("after deletions, campaigns and tallies match the remaining logs")
            var model = try await CampaignModel(in: store, logs: 200, seed: seed)
            var cases = RandomCases(seed: seed)
            let all = model.campaigns.map(\.id)
            for first in [2, 1] {
                try await model.delete(Array(stride(from: first, through: 200, by: 2)), in: store)
                for sort in CampaignQuery.Sort.allCases {
                    for text in [nil, "campaign-1", "BRIEF"] {
                        for (skip, limit) in [(0, 1000), (2, 5)] {
                            let query = CampaignQuery(text: text, sort: sort, skip: skip, limit: limit)
                            #expect(
                                try await store.campaigns(query, in: model.organisation) == model.page(query),
                                "\(query), seed \(seed)"
                            )
                        }
                    }
                }
                for _ in 0..<40 {
                    let query = cases.campaignQuery()
                    #expect(
                        try await store.campaigns(query, in: model.organisation) == model.page(query),
                        "\(query), seed \(seed)"
                    )
                }
                let days = Timestamp.earliest.day...Timestamp.latest.day
                for campaigns in [nil, [all[0]], all] {
                    let tallies = try await store.tallies(of: campaigns, over: days, in: model.organisation)
                    #expect(tallies == model.tallies(of: campaigns), "seed \(seed)")
                }
            }
            #expect(model.campaigns.isEmpty)
            let (campaign, name) = (all[0], try #require(CampaignName("Again")))
            await #expect(throws: StoreError.notFound) { try await store.campaign(campaign, in: model.organisation) }
            await #expect(throws: StoreError.notFound) {
                try await store.nameCampaign(campaign, name, in: model.organisation)
            }
            // A campaign exists again from its next send on.
            _ = try await store.record(Sample.log("again", campaign: campaign.text), in: model.organisation)
            #expect(try await store.nameCampaign(campaign, name, in: model.organisation).sends == 1)
            #expect(try await store.check { _, _ in } == [])
        },
        StoreCheck("a deleted log is gone with its list, and its id can be recorded again") { store in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.log("a", destinations: ["27821234567", "27821234568"])
            let first = try #require(try await store.record(log, in: organisation).recorded)
            _ = try await store.record(Sample.logs(3, "b"), in: organisation)
            #expect(try await store.delete([1, 3, 7, 1], in: organisation) == 2)
            #expect(try await store.delete([1], in: organisation) == 0)
            #expect(try await store.delete([], in: organisation) == 0)
            await #expect(throws: StoreError.notFound) { try await store.sendLog(log.id, in: organisation) }
            #expect(try await store.chunks(of: first.sequence, in: organisation) == [])
            let sums = try await store.organisation(organisation)
            #expect((sums.sends, sums.destinations, sums.head.lastSequence) == (2, 0, SequenceNumber(4)))
            let again = try await store.record(log, in: organisation).recorded
            #expect(again?.sequence == SequenceNumber(5))
            #expect(try await store.sendLog(log.id, in: organisation).sequence == SequenceNumber(5))
            #expect(try await store.record(log, in: organisation).existing?.sequence == SequenceNumber(5))
            #expect(try await store.check { _, _ in } == [])
        },
        StoreCheck("the rest of a page that was deleted meanwhile is empty") { store in
            let organisation = try await store.organisation("Acme")
            let long = String(repeating: "x", count: 60_000)
            let logs = try (0..<12).map { try Sample.log("log-\($0)", message: long, start: Sample.later($0)) }
            _ = try await store.record(logs, in: organisation)
            let first = try await store.search(SendLogSearch(limit: 12, order: .oldestFirst), in: organisation)
            let rest = try #require(first.rows.rest)
            let left = (first.rows.rows.count + 1...12).map { $0 }
            #expect(try await store.delete(left, in: organisation) == left.count)
            let block = try await store.rows(rest, in: organisation)
            #expect(block.rows.isEmpty && block.rest == nil)
        },
        StoreCheck("an unknown organisation is not found, also without filters") { store in
            let unknown = OrganisationID(1000)
            for search in [
                SendLogSearch(), SendLogSearch(limit: 0), SendLogSearch(from: Sample.start),
                SendLogSearch(campaigns: try Sample.campaigns("spring")), SendLogSearch(skip: 5),
            ] {
                await #expect(throws: StoreError.notFound) { try await store.search(search, in: unknown) }
            }
            await #expect(throws: StoreError.notFound) {
                try await store.sendLogs(after: SequenceNumber(0), in: unknown)
            }
            await #expect(throws: StoreError.notFound) { try await store.record(Sample.log("a"), in: unknown) }
        },
    ]

    /// Expects the heads, counts and archives of the remaining logs.
    private static func expect(
        _ model: SearchModel,
        in organisation: OrganisationID,
        of store: any Store,
        _ cases: inout RandomCases
    ) async throws {
        let sums = try await store.organisation(organisation)
        #expect((sums.sends, Int(sums.head.lastSequence.number)) == (model.logs.count, model.head))
        #expect(sums.destinations == model.logs.reduce(0) { $0 + $1.log.destinations.count })
        if model.head > 2 {
            let (first, last) = (cases.number(1...model.head), cases.number(1...model.head))
            let (low, middle) = (min(first, last), (min(first, last) + max(first, last)) / 2)
            let ranges = [low...middle, min(middle + 2, max(first, last) + 2)...max(first, last) + 2]
            let counted = try await store.sendLogCount(
                in: ranges.map { SequenceNumber(Int64($0.lowerBound))...SequenceNumber(Int64($0.upperBound)) },
                of: organisation
            )
            #expect(counted == model.logs.count { log in ranges.contains { $0.contains(log.sequence) } })
        }
        let after = cases.number(0...model.head)
        let batch = try await store.sendLogs(after: SequenceNumber(Int64(after)), in: organisation, limit: 7)
        let expected = model.logs.filter { $0.sequence > after }
        #expect(batch.logs.map { Int($0.sequence.number) } == expected.prefix(7).map(\.sequence))
        #expect(Int(batch.end.number) == (expected.count >= 7 ? expected[6].sequence : model.head))
    }
}
