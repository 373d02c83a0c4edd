import SendLogAPI
import SendLogCore
import TestSupport
import Testing

@testable import SendLogConsole

/// A filter of sends, its links, and its searches.
struct SendsFilterTests {
    private static let zones = [
        "UTC", "Africa/Johannesburg", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    ]

    private func filter(_ query: String, _ zone: String = "UTC") throws -> SendsFilter {
        SendsFilter(QueryString(query[...]), zone: try #require(UserTimeZone(zone)))
    }

    @Test(
        arguments: [
            ("from=2022-01-31", "2022-01-30T22:00:00.000Z", nil), ("to=2022-01-31", nil, "2022-01-31T21:59:59.999Z"),
            ("from=2022-01-31T14:00", "2022-01-31T12:00:00.000Z", nil),
            ("to=2022-01-31T14:00", nil, "2022-01-31T12:00:59.999Z"),
            ("to=2022-01-31+14:00:07", nil, "2022-01-31T12:00:07.999Z"),
            ("to=2022-01-31T14:00:07.123", nil, "2022-01-31T12:00:07.123Z"),
            (
                "from=2022-01-31T14:00:00Z&to=2022-01-31T14:00:00%2B05:00", "2022-01-31T14:00:00.000Z",
                "2022-01-31T09:00:00.000Z"
            ),
            ("to=9999-12-31", nil, "9999-12-31T23:59:59.999Z"), ("from=0000-01-01", nil, nil),
        ]
    )
    func `dates are in the user's time zone, and an end includes its whole unit`(
        query: String,
        from: String?,
        to: String?
    ) throws {
        let filter = try filter(query, "Africa/Johannesburg")
        #expect(filter.from?.description == from)
        #expect(filter.to?.description == to)
    }

    @Test(arguments: zones) func `a link leads to the same search`(name: String) throws {
        let zone = try #require(UserTimeZone(name))
        var random = SplitMix64(defaultSeed: nil)
        let units: [Int64] = [86_400_000, 60_000, 1000, 1]
        var tested = 0
        for _ in 0..<3000 {
            var filter = SendsFilter()
            func moment(_ unit: Int64) -> Timestamp? {
                Timestamp(milliseconds: Int64.random(in: 0..<2_000_000_000_000 / unit, using: &random) * unit)
            }
            filter.from = moment(units.randomElement(using: &random) ?? 1)
            let unit = units.randomElement(using: &random) ?? 1
            filter.to = moment(unit).flatMap { Timestamp(milliseconds: $0.milliseconds + unit - 1) }
            if let from = filter.from, let to = filter.to, from > to { filter.from = nil }
            // Skips ambiguous local times: an hour that clocks show twice, and an end just before its repetition.
            let afterEnd = filter.to.flatMap { Timestamp(milliseconds: $0.milliseconds + 1) }
            guard [filter.from, filter.to, afterEnd].allSatisfy({ $0.map { isUnambiguous($0, zone) } ?? true }) else {
                continue
            }
            filter.campaigns = [CampaignID("a"), CampaignID("b-_1")].compactMap { $0 }.shuffled(using: &random)
            filter.recipient = Bool.random(using: &random) ? .random() : nil
            filter.page = Int.random(in: 1...1000, using: &random)
            filter.rows = SendsFilter.pageSizes.randomElement(using: &random) ?? 50
            filter.asOf = SequenceNumber(Int64.random(in: 0...1_000_000, using: &random))
            let link = filter.link(page: filter.page, zone: zone, isPinned: true)
            let query = try #require(link.split(separator: "?").last)
            let again = SendsFilter(QueryString(query), zone: zone)
            #expect(again.search == filter.search && again.recipient == filter.recipient, "\(link)")
            #expect(again.problems.isEmpty)
            tested += 1
        }
        #expect(tested > 1000, "\(tested)")
    }

    private func isUnambiguous(_ moment: Timestamp, _ zone: UserTimeZone) -> Bool {
        guard let local = Timestamp(rfc3339: zone.text(moment).replacing(" ", with: "T") + "Z"),
            let found = zone.timestamp(local: local)
        else { return false }
        return moment.milliseconds - found.milliseconds == moment.milliseconds % 1000
    }

    @Test(
        arguments: [
            "campaign=a.b", "campaign=\(String(repeating: "a", count: 65))", "from=soon", "to=2022-13-01",
            "from=2022-02-30",
            "from=2022-02-02&to=2022-02-01", "page=0", "page=-1", "page=x", "as_of=-1", "rows=7", "campain=a",
            "page=99999999999999999999", "from=2022-01-01&from=2022-01-02", "page=1&page=2", "as_of=1&as_of=1",
            "to=10000-01-01", "recipient=27821234567", "recipient=\(String(repeating: "A", count: 32))",
            "recipient=\(String(repeating: "a", count: 31))",
        ]
    )
    func `each invalid parameter is reported in one sentence`(query: String) throws {
        #expect(try filter(query).problems.count == 1)
    }

    @Test(arguments: [
        "page=1099511627776&rows=25", "as_of=9223372036854775807", "page=", "&&",
    ])
    func `large numbers and empty parameters are accepted`(query: String) throws {
        let filter = try filter(query)
        #expect(filter.problems.isEmpty)
        #expect(filter.search.skip >= 0)
    }

    @Test func `a field can have several campaigns, and repeated ones count once`() throws {
        let filter = try filter("campaign=a,b+c&campaign=b&campaign=")
        #expect(filter.campaigns.map(\.text) == ["a", "b", "c"])
    }

    @Test func `a number in place of a token is not repeated`() throws {
        let filter = try filter("recipient=27821234567")
        #expect(filter.recipient == nil && !filter.problems.joined().contains("27821234567"))
    }
}
