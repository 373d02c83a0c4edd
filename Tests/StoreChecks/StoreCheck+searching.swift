import SendLogCore
import Testing

extension StoreCheck {
    static let searching = [
        StoreCheck("a search in an organisation without logs returns an empty page") { store in
            let organisation = try await store.organisation("Acme")
            let searches = try [
                SendLogSearch(), SendLogSearch(campaigns: []), SendLogSearch(campaigns: Sample.campaigns("spring")),
                SendLogSearch(from: .earliest, to: .latest), SendLogSearch(skip: 5),
            ]
            for search in searches {
                let result = try await store.search(search, in: organisation)
                #expect(result == SearchResult(total: 0, asOf: SequenceNumber(0), rows: RowBlock()))
            }
        },
        StoreCheck("a search finds the sends of any listed campaign once, and none of an unknown campaign") { store in
            let organisation = try await seasons(in: store)
            let cases: [(campaigns: [String]?, found: [Int])] = [
                (nil, [6, 5, 4, 3, 2, 1]), ([], []), (["spring"], [4, 1]), (["autumn", "spring"], [6, 4, 3, 1]),
                (["spring", "summer", "autumn"], [6, 5, 4, 3, 2, 1]), (["winter"], []),
                (["winter", "summer"], [5, 2]),
                (["Spring"], []), (["sprin"], []), (["spring-"], []),
            ]
            for (names, found) in cases {
                let campaigns = try names?.map { try #require(CampaignID($0)) }
                let result = try await store.find(SendLogSearch(campaigns: campaigns), in: organisation)
                #expect(result == found, "\(String(describing: names))")
            }
        },
        StoreCheck("one search takes a thousand campaigns") { store in
            let organisation = try await store.organisation("Acme")
            let logs = try (0..<3000).map { number in
                try Sample.log("log-\(number)", campaign: "campaign-\(number % 1500)", start: Sample.later(number))
            }
            _ = try await store.record(logs, in: organisation)
            let campaigns = try (1000..<2000).map { try #require(CampaignID("campaign-\($0)")) }
            let found = (1...3000).filter { ($0 - 1) % 1500 >= 1000 }
            for order in SortOrder.allCases {
                let expected = order == .oldestFirst ? found : found.reversed()
                let search = SendLogSearch(campaigns: campaigns, order: order)
                #expect(try await store.find(search, in: organisation) == expected)
                var deep = search
                (deep.skip, deep.limit) = (990, 7)
                #expect(try await store.find(deep, in: organisation) == Array(expected[990..<997]))
            }
        },
        StoreCheck("a page has the records and destination counts of its logs") { store in
            let organisation = try await store.organisation("Acme")
            let logs = try (0..<5).map { number in
                try Sample.log(
                    "log-\(number)",
                    campaign: number % 2 == 0 ? "even" : "odd",
                    message: String(repeating: "m", count: number),
                    destinations: (0..<number).map(String.init)
                )
            }
            _ = try await store.record(logs, in: organisation)
            for campaigns in [nil, try Sample.campaigns("odd", "even")] {
                let search = SendLogSearch(campaigns: campaigns, order: .oldestFirst)
                let page = try await store.page(search, in: organisation)
                #expect(page.rows.map(\.record) == logs.map(\.record))
                #expect(page.rows.map(\.destinations) == [0, 1, 2, 3, 4])
            }
        },
        StoreCheck("logs of the same millisecond are sorted by sequence number") { store in
            let organisation = try await store.organisation("Acme")
            // The starts go back and forth; each repeats within a campaign.
            let moments = [2, 0, 1, 1, 0, 2, 0, 2, 1]
            let logs = try moments.enumerated().map { index, moment in
                try Sample.log("log-\(index)", campaign: "c\(index % 2)", start: Sample.later(moment))
            }
            _ = try await store.record(logs, in: organisation)
            let oldestFirst = [2, 5, 7, 3, 4, 9, 1, 6, 8]
            for campaigns in [nil, try Sample.campaigns("c0", "c1")] {
                var search = SendLogSearch(campaigns: campaigns, order: .oldestFirst)
                #expect(try await store.find(search, in: organisation) == oldestFirst)
                search.order = .newestFirst
                #expect(try await store.find(search, in: organisation) == oldestFirst.reversed())
                for (order, all) in [(SortOrder.oldestFirst, oldestFirst), (.newestFirst, oldestFirst.reversed())] {
                    (search.order, search.limit) = (order, 2)
                    var paged: [Int] = []
                    for skip in stride(from: 0, through: 10, by: 2) {
                        search.skip = skip
                        paged += try await store.find(search, in: organisation)
                    }
                    #expect(paged == all)
                }
            }
        },
        StoreCheck("skip and limit select the page and do not change the total") { store in
            let organisation = try await seasons(in: store)
            let cases: [(skip: Int, limit: Int, found: [Int])] = [
                (0, 2, [6, 5]), (2, 2, [4, 3]), (5, 2, [1]), (5, 10_000, [1]), (6, 1, []), (7, 1, []),
                (1 << 53, 10_000, []), (0, 0, []), (3, 0, []), (0, 6, [6, 5, 4, 3, 2, 1]),
            ]
            for (skip, limit, found) in cases {
                for campaigns in [nil, try Sample.campaigns("summer", "spring", "autumn")] {
                    let search = SendLogSearch(campaigns: campaigns, skip: skip, limit: limit)
                    let page = try await store.page(search, in: organisation)
                    #expect(page.total == 6, "skip \(skip), limit \(limit)")
                    #expect(page.sequences == found, "skip \(skip), limit \(limit)")
                }
            }
        },
        StoreCheck("concurrent searches do not affect each other") { store in
            let organisation = try await seasons(in: store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<40 {
                    group.addTask {
                        let search = SendLogSearch(
                            campaigns: try task % 2 == 0 ? nil : Sample.campaigns("spring", "autumn"),
                            order: task % 3 == 0 ? .oldestFirst : .newestFirst
                        )
                        let all = task % 2 == 0 ? [6, 5, 4, 3, 2, 1] : [6, 4, 3, 1]
                        let found = try await store.find(search, in: organisation)
                        #expect(found == (task % 3 == 0 ? all.reversed() : all))
                    }
                }
                try await group.waitForAll()
            }
        },
    ]

    /// Six logs of three campaigns, a millisecond apart.
    private static func seasons(in store: any LogReader & LogWriter & OrganisationStore) async throws -> OrganisationID
    {
        let organisation = try await store.organisation("Acme")
        let logs = try (0..<6).map { number in
            try Sample.log(
                "log-\(number)",
                campaign: ["spring", "summer", "autumn"][number % 3],
                start: Sample.later(number)
            )
        }
        _ = try await store.record(logs, in: organisation)
        return organisation
    }
}
