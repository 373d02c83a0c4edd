import SendLogCore
import TestSupport
import Testing

extension StoreCheck {
    static let snapshots = [
        StoreCheck("a search returns the head as its snapshot") { store in
            let organisation = try await store.organisation("Acme")
            #expect(try await store.search(SendLogSearch(), in: organisation).asOf == SequenceNumber(0))
            _ = try await store.record(Sample.logs(3, "a"), in: organisation)
            let searches = try [
                SendLogSearch(), SendLogSearch(campaigns: []), SendLogSearch(campaigns: Sample.campaigns("none")),
                SendLogSearch(from: .latest, to: .earliest), SendLogSearch(limit: 0), SendLogSearch(from: .latest),
            ]
            for search in searches {
                #expect(try await store.search(search, in: organisation).asOf == SequenceNumber(3))
            }
        },
        StoreCheck("a search with asOf ignores everything that was recorded since") { store in
            let organisation = try await store.organisation("Acme")
            _ = try await store.record(Sample.logs(5, "a") { Sample.later($0 * 10) }, in: organisation)
            // Starts before, between and after those of the first logs.
            _ = try await store.record(Sample.logs(5, "b") { Sample.later($0 * 10 - 5) }, in: organisation)
            for campaigns in [nil, try Sample.campaigns("spring"), try Sample.campaigns("spring", "none")] {
                for (from, to) in [
                    (nil, nil), (Timestamp.earliest, Timestamp.latest), (Sample.later(-1), Sample.later(50)),
                ] {
                    let search = SendLogSearch(
                        campaigns: campaigns,
                        from: from,
                        to: to,
                        order: .oldestFirst,
                        asOf: SequenceNumber(5)
                    )
                    let page = try await store.page(search, in: organisation)
                    #expect((page.total, page.asOf, page.sequences) == (5, SequenceNumber(5), [1, 2, 3, 4, 5]))
                }
            }
        },
        StoreCheck("a search with asOf 0 finds nothing") { store in
            let organisation = try await store.organisation("Acme")
            _ = try await store.record(Sample.logs(3, "a"), in: organisation)
            let page = try await store.page(SendLogSearch(asOf: SequenceNumber(0)), in: organisation)
            #expect((page.total, page.asOf, page.sequences) == (0, SequenceNumber(0), []))
        },
        StoreCheck("a search with asOf beyond the head finds all logs and returns the head") { store in
            let organisation = try await store.organisation("Acme")
            _ = try await store.record(Sample.logs(3, "a"), in: organisation)
            for beyond in [3, 4, 20_000, 1 << 40, 1 << 53] {
                let search = SendLogSearch(order: .oldestFirst, asOf: SequenceNumber(Int64(beyond)))
                let page = try await store.page(search, in: organisation)
                #expect((page.total, page.asOf, page.sequences) == (3, SequenceNumber(3), [1, 2, 3]), "\(beyond)")
            }
        },
        StoreCheck("paging finds every log once while others record, back-dated logs included") { store in
            let organisation = try await store.organisation("Acme")
            _ = try await store.record(
                (0..<700).map { try Sample.log("first-\($0)", campaign: "c\($0 % 5)", start: Sample.later($0 % 90)) },
                in: organisation
            )
            let shouldStop = Box(false)
            func head() async throws -> SequenceNumber {
                try await store.search(SendLogSearch(limit: 0), in: organisation).asOf
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { shouldStop.set(true) }
                for sender in 0..<3 {
                    group.addTask {
                        var number = 0
                        while !shouldStop.value {
                            number += 1
                            let logs = try (0..<5).map {
                                try Sample.log(
                                    "s\(sender)-\(number)-\($0)",
                                    campaign: "c\(number % 5)",
                                    start: Sample.later([-86_400_000, 0, 45, 89, 86_400_000][$0])
                                )
                            }
                            _ = try await store.record(logs, in: organisation)
                        }
                    }
                }
                let haveBegun = try await Deadline.wait(for: 60) { try await head() > SequenceNumber(700) }
                #expect(haveBegun)
                let before = try await head()
                for turn in 0..<6 {
                    var search = SendLogSearch(skip: 0, limit: 60, order: turn % 2 == 0 ? .oldestFirst : .newestFirst)
                    if turn % 3 == 1 { search.campaigns = try Sample.campaigns("c1", "c3") }
                    if turn % 3 == 2 { search.from = Sample.later(-50_000_000) }
                    try await readPages(of: search, in: organisation, of: store)
                }
                #expect(try await head() > before, "nothing was recorded during the searches")
                shouldStop.set(true)
                try await group.waitForAll()
            }
        },
        StoreCheck("an old asOf gives exact totals") { store in
            let organisation = try await store.organisation("Acme")
            // The starts cycle through five days, so that each range of sequence numbers has logs of each day.
            let starts = try (0..<70_000).map { try #require(Sample.later($0 * 7_919_000 % 432_000_000)) }
            for batch in stride(from: 0, to: starts.count, by: 4000) {
                let logs = try (batch..<min(batch + 4000, starts.count)).map {
                    try Sample.log("log-\($0)", campaign: "c\($0 % 3)", start: starts[$0])
                }
                _ = try await store.record(logs, in: organisation)
            }
            let (from, to) = (try Sample.at("2022-04-16"), try Sample.at("2022-04-18T06:00:00Z"))
            let range = starts.indices.filter { starts[$0] >= from && starts[$0] <= to }.sorted { left, right in
                (starts[left], left) < (starts[right], right)
            }
            // Powers of two and their neighbours: a store that counts in blocks may be wrong there.
            let snapshots = [1, 2, 40_000, 70_000] + [16_384, 32_768, 65_536].flatMap { [$0 - 1, $0, $0 + 1] }
            for asOf in snapshots {
                for campaigns in [nil, [1], [0, 2, 9]] {
                    let found = range.filter { $0 < asOf && (campaigns?.contains($0 % 3) ?? true) }
                    var search = SendLogSearch(from: from, to: to, limit: 0, asOf: SequenceNumber(Int64(asOf)))
                    search.campaigns = try campaigns?.map { try #require(CampaignID("c\($0)")) }
                    #expect(try await store.search(search, in: organisation).total == found.count, "as of \(asOf)")
                    (search.skip, search.limit, search.order) = (found.count / 2, 3, .oldestFirst)
                    let page = found.dropFirst(search.skip).prefix(3).map { $0 + 1 }
                    #expect(try await store.find(search, in: organisation) == page, "as of \(asOf)")
                }
            }
        },
    ]

    /// Reads all pages of a search with the `asOf` of its first page, and expects every log of the total exactly once.
    private static func readPages(
        of search: SendLogSearch,
        in organisation: OrganisationID,
        of store: any LogReader & LogWriter
    ) async throws {
        var search = search
        let first = try await store.page(search, in: organisation)
        search.asOf = first.asOf
        var rows = first.rows
        while rows.count < first.total {
            search.skip = rows.count
            let page = try await store.page(search, in: organisation)
            #expect((page.total, page.asOf) == (first.total, first.asOf))
            try #require(!page.rows.isEmpty)
            rows += page.rows
        }
        #expect(rows.count == first.total)
        let sequences = rows.map(\.sequence)
        #expect(Set(sequences).count == rows.count)
        #expect(sequences.allSatisfy { $0 <= first.asOf })
        // A single page of the largest size has the same rows.
        (search.skip, search.limit) = (0, SendLogSearch.maxLimit)
        #expect(try await store.page(search, in: organisation).rows == rows)
    }
}
