import SendLogCore
import Testing

extension StoreCheck {
    static let times = [
        StoreCheck("a range includes both ends, to the millisecond") { store in
            let organisation = try await store.organisation("Acme")
            try await record(
                ["2022-01-01T12:00:00.000Z", "2022-01-01T12:00:00.001Z", "2022-01-01T12:00:00.002Z"],
                into: store,
                organisation
            )
            let cases: [(from: String?, to: String?, found: [Int])] = [
                ("2022-01-01T12:00:00.000Z", "2022-01-01T12:00:00.002Z", [1, 2, 3]),
                ("2022-01-01T12:00:00.001Z", "2022-01-01T12:00:00.001Z", [2]),
                ("2022-01-01T12:00:00.001Z", nil, [2, 3]), (nil, "2022-01-01T12:00:00.001Z", [1, 2]),
                ("2022-01-01T12:00:00.003Z", nil, []), (nil, "2022-01-01T11:59:59.999Z", []),
                ("2022-01-01T12:00:00.002Z", "2022-01-01T12:00:00.001Z", []),
                ("2022-01-02", "2021-12-31", []),
            ]
            try await expect(cases, in: store, organisation)
        },
        StoreCheck("a range of days may cut the first and the last day") { store in
            let organisation = try await store.organisation("Acme")
            try await record(
                [
                    "2022-02-27T23:59:59.999Z", "2022-02-28T00:00:00.000Z", "2022-02-28T23:59:59.999Z",
                    "2022-03-01T00:00:00.000Z", "2022-03-01T12:00:00.000Z", "2022-03-01T23:59:59.999Z",
                    "2022-03-02T00:00:00.000Z", "2022-03-05T08:00:00.000Z",
                ],
                into: store,
                organisation
            )
            let cases: [(from: String?, to: String?, found: [Int])] = [
                ("2022-02-28", "2022-02-28T23:59:59.999Z", [2, 3]), ("2022-02-28", "2022-03-01", [2, 3, 4]),
                ("2022-02-28", "2022-03-01T23:59:59.999Z", [2, 3, 4, 5, 6]),
                ("2022-02-28T00:00:00.001Z", "2022-03-01T23:59:59.998Z", [3, 4, 5]),
                ("2022-02-28T00:00:00.001Z", "2022-03-02T00:00:00.000Z", [3, 4, 5, 6, 7]),
                ("2022-02-27T23:59:59.999Z", "2022-03-02", [1, 2, 3, 4, 5, 6, 7]),
                ("2022-03-01T11:00:00Z", "2022-03-01T13:00:00Z", [5]),
                ("2022-03-01T13:00:00Z", "2022-03-01T14:00:00Z", []),
                ("2022-03-03", "2022-03-04T23:59:59.999Z", []), ("2022-03-02T00:00:00.001Z", nil, [8]),
                (nil, "2022-02-27T23:59:59.998Z", []), (nil, "2022-03-05T08:00:00.000Z", [1, 2, 3, 4, 5, 6, 7, 8]),
            ]
            try await expect(cases, in: store, organisation)
        },
        StoreCheck("sends at the first and the last millisecond of the calendar are found") { store in
            let organisation = try await store.organisation("Acme")
            try await record(
                [
                    "0000-01-01T00:00:00.000Z", "0000-01-01T00:00:00.001Z", "1969-12-31T23:59:59.999Z",
                    "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.998Z", "9999-12-31T23:59:59.999Z",
                ],
                into: store,
                organisation
            )
            let cases: [(from: String?, to: String?, found: [Int])] = [
                (nil, nil, [1, 2, 3, 4, 5, 6]), ("0000-01-01", "9999-12-31T23:59:59.999Z", [1, 2, 3, 4, 5, 6]),
                ("0000-01-01", "0000-01-01", [1]), ("0000-01-01T00:00:00.001Z", "1969-12-31T23:59:59.999Z", [2, 3]),
                ("9999-12-31T23:59:59.999Z", nil, [6]), (nil, "9999-12-31T23:59:59.998Z", [1, 2, 3, 4, 5]),
                ("1970-01-01", "1970-01-01T23:59:59.999Z", [4]), ("1969-12-31", "1969-12-31T23:59:59.999Z", [3]),
            ]
            try await expect(cases, in: store, organisation)
        },
        StoreCheck("a log that is recorded late is sorted by its start") { store in
            let organisation = try await store.organisation("Acme")
            try await record(["2022-01-03T10:00:00Z"], into: store, organisation)
            try await record(["2022-01-01T10:00:00Z", "2022-01-02T10:00:00Z"], into: store, organisation, "late")
            let search = SendLogSearch(from: try Sample.at("2022-01-01"), order: .oldestFirst)
            #expect(try await store.find(search, in: organisation) == [2, 3, 1])
        },
    ]

    /// Records a log for each start, of two campaigns in turn.
    private static func record(
        _ moments: [String],
        into store: any LogReader & LogWriter,
        _ organisation: OrganisationID,
        _ prefix: String = "log"
    ) async throws {
        let logs = try moments.enumerated().map { index, moment in
            try Sample.log("\(prefix)-\(index)", campaign: "c\(index % 2)", start: Sample.at(moment))
        }
        _ = try await store.record(logs, in: organisation)
    }

    /// Searches each range with and without campaigns, in both orders and page by page; expects `found`, oldest first.
    private static func expect(
        _ cases: [(from: String?, to: String?, found: [Int])],
        in store: any LogReader & LogWriter,
        _ organisation: OrganisationID
    ) async throws {
        for (from, to, found) in cases {
            for campaigns in [nil, try Sample.campaigns("c1", "c0")] {
                let name = Comment(rawValue: "\(from ?? "…") to \(to ?? "…"), \(campaigns == nil ? "all" : "named")")
                var search = SendLogSearch(campaigns: campaigns, order: .oldestFirst)
                search.from = try from.map { try Sample.at($0) }
                search.to = try to.map { try Sample.at($0) }
                let page = try await store.page(search, in: organisation)
                #expect(page.total == found.count, name)
                #expect(page.sequences == found, name)
                for (skip, sequence) in found.enumerated() {
                    (search.skip, search.limit) = (skip, 1)
                    #expect(try await store.find(search, in: organisation) == [sequence], name)
                }
                (search.order, search.skip, search.limit) = (.newestFirst, 0, 1000)
                #expect(try await store.find(search, in: organisation) == found.reversed(), name)
            }
        }
    }
}
