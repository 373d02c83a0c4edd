import SendLogContent
import SendLogCore
import Testing

extension StoreCheck {
    static let pages = [
        StoreCheck("a page of long messages comes in blocks of bounded size that join into the whole page") { store in
            let organisation = try await bigLogs(in: store)
            for campaigns in campaignSets {
                for order in SortOrder.allCases {
                    let search = SendLogSearch(campaigns: try campaigns.map { try $0.map(campaign) }, order: order)
                    let whole = try await store.page(search, in: organisation)
                    #expect(whole.total == 60)
                    #expect(whole.blocks > 6)
                    #expect(whole.sequences == (order == .oldestFirst ? Array(1...60) : (1...60).reversed()))
                    for row in whole.rows {
                        #expect(row.record == (try log(Int(row.sequence.number) - 1).record))
                    }
                }
            }
        },
        StoreCheck("a full block exceeds its size by at most one record") { store in
            let organisation = try await bigLogs(in: store)
            for campaigns in campaignSets {
                let search = SendLogSearch(campaigns: try campaigns.map { try $0.map(campaign) })
                var block = try await store.search(search, in: organisation).rows
                var full = 0
                while let rest = block.rest {
                    full += 1
                    #expect(block.text.count >= block.size)
                    #expect(block.text.count < block.size + 70_000)
                    block = try await store.rows(rest, in: organisation)
                }
                #expect(!block.rows.isEmpty)
                #expect(full > 6)
            }
        },
        StoreCheck("skip and limit apply across blocks") { store in
            let organisation = try await bigLogs(in: store)
            for campaigns in campaignSets {
                var search = SendLogSearch(campaigns: try campaigns.map { try $0.map(campaign) }, order: .oldestFirst)
                for (skip, limit) in [(0, 20), (7, 23), (30, 10_000), (51, 9), (52, 8), (0, 8), (0, 9)] {
                    (search.skip, search.limit) = (skip, limit)
                    let page = try await store.page(search, in: organisation)
                    #expect(page.sequences == Array((1...60).dropFirst(skip).prefix(limit)), "\(skip), \(limit)")
                    #expect(page.total == 60)
                }
            }
        },
        StoreCheck("the blocks of a page of found send logs share one array of what is left") { store in
            let organisation = try await bigLogs(in: store)
            var search = SendLogSearch(limit: .max, order: .oldestFirst)
            search.found = Array(1...60)
            var rest = try await store.search(search, in: organisation).rows.rest
            var ends: Set<UnsafePointer<Int64>?> = []
            var left = 60
            while let next = rest {
                let found = try #require(next.found)
                #expect(next.search.found == nil && found.count < left && next.heldLength == 8 * found.count)
                left = found.count
                ends.insert(found.withUnsafeBufferPointer { $0.baseAddress.map { $0 + left } })
                rest = try await store.rows(next, in: organisation).rest
            }
            #expect(ends.count == 1 && left < 20)
        },
        StoreCheck("a range applies across blocks") { store in
            let organisation = try await bigLogs(in: store)
            for campaigns in campaignSets {
                for order in SortOrder.allCases {
                    let search = SendLogSearch(
                        campaigns: try campaigns.map { try $0.map(campaign) },
                        from: Sample.later(5),
                        to: Sample.later(24),
                        order: order
                    )
                    let page = try await store.page(search, in: organisation)
                    let found = (1...60).filter { (5...24).contains(($0 - 1) / 2) }
                    #expect(page.sequences == (order == .oldestFirst ? found : found.reversed()))
                    #expect(page.blocks > 2)
                }
            }
        },
        StoreCheck("logs that are recorded while a page is read block by block are not in it") { store in
            let organisation = try await bigLogs(in: store)
            for campaigns in campaignSets {
                let search = SendLogSearch(campaigns: try campaigns.map { try $0.map(campaign) }, order: .oldestFirst)
                let before = Int(try await store.search(SendLogSearch(limit: 0), in: organisation).asOf.number)
                let result = try await store.search(search, in: organisation)
                var page = WholePage(total: result.total, asOf: result.asOf)
                page.append(result.rows)
                var rest = result.rows.rest
                var turn = before
                while let next = rest {
                    turn += 1
                    // One after the page's end, and one in its middle.
                    _ = try await store.record(
                        Sample.log("new-\(turn)", campaign: "c0", start: .latest),
                        in: organisation
                    )
                    _ = try await store.record(
                        Sample.log("old-\(turn)", campaign: "c1", start: Sample.later(15)),
                        in: organisation
                    )
                    let block = try await store.rows(next, in: organisation)
                    page.append(block)
                    rest = block.rest
                }
                #expect(turn > before + 5)
                #expect(page.total == before)
                #expect(page.rows.count == before)
                #expect(Set(page.sequences) == Set(1...before))
            }
        },
    ]

    /// No filter, and a filter with each campaign.
    private static let campaignSets: [[String]?] = [nil, ["c0", "c1", "c2", "none"]]

    private static func campaign(_ text: String) throws -> CampaignID {
        try #require(CampaignID(text))
    }

    /// A log with the longest message allowed; two logs start in each millisecond.
    private static func log(_ number: Int) throws -> PreparedSendLog {
        try Sample.log(
            "log-\(number)",
            campaign: "c\(number % 3)",
            message: String(repeating: "\(number % 10)", count: SendLogRules.maxMessageLength),
            start: Sample.later(number / 2)
        )
    }

    private static func bigLogs(in store: any LogReader & LogWriter & OrganisationStore) async throws -> OrganisationID
    {
        let organisation = try await store.organisation("Acme")
        _ = try await store.record((0..<60).map(log), in: organisation)
        return organisation
    }
}
