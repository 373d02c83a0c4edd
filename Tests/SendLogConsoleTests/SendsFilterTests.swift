import SendLogAPI
import SendLogCore
import TestSupport
import Testing

@testable import SendLogConsole

/// A filter of sends, its links, and its searches.
struct SendsFilterTests {
    private static let zones = [
        "UTC", "Africa/Johannesburg", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin",
        "Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Kwajalein", "Antarctica/Troll",
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

    @Test(arguments: zones) func `a link leads to the same search, also in another time zone`(name: String) throws {
        let zone = try #require(UserTimeZone(name))
        var random = SplitMix64(defaultSeed: nil)
        let units: [Int64] = [86_400_000, 60_000, 1000, 1]
        for _ in 0..<1000 {
            var filter = SendsFilter()
            func moment(_ unit: Int64) -> Timestamp? {
                Timestamp(milliseconds: Int64.random(in: 0..<2_000_000_000_000 / unit, using: &random) * unit)
            }
            filter.from = moment(units.randomElement(using: &random) ?? 1)
            let unit = units.randomElement(using: &random) ?? 1
            filter.to = moment(unit).flatMap { Timestamp(milliseconds: $0.milliseconds + unit - 1) }
            if let from = filter.from, let to = filter.to, from > to { filter.from = nil }
            filter.campaigns = [CampaignID("a"), CampaignID("b-_1")].compactMap { $0 }.shuffled(using: &random)
            filter.recipient = Bool.random(using: &random) ? .random() : nil
            filter.page = Int.random(in: 1...1000, using: &random)
            filter.rows = SendsFilter.pageSizes.randomElement(using: &random) ?? 50
            filter.asOf = SequenceNumber(Int64.random(in: 0...1_000_000, using: &random))
            let link = filter.link(page: filter.page, isPinned: true)
            let query = try #require(link.split(separator: "?").last)
            let again = SendsFilter(QueryString(query), zone: zone)
            #expect(again.search == filter.search && again.recipient == filter.recipient, "\(link)")
            #expect(again.problems.isEmpty)
        }
    }

    @Test(arguments: zones) func `a form that is submitted unchanged keeps its range to the millisecond`(
        name: String
    ) throws {
        let zone = try #require(UserTimeZone(name))
        var random = SplitMix64(defaultSeed: nil)
        // Every zone but UTC has changed its offset in one of these weeks.
        let weeks = try [
            "1985-12-28", "1993-08-17", "2011-12-26", "2018-02-14", "2022-03-23", "2022-04-01", "2022-10-26",
        ].map { try #require(Timestamp(rfc3339: $0)).milliseconds }
        for number in 0..<3000 {
            let unit: Int64 = [60_000, 1000, 100, 1][number % 4]
            let week = weeks[number % weeks.count]
            let begin = week + Int64.random(in: 0..<604_800_000 / unit, using: &random) * unit
            let last = begin + Int64.random(in: 0..<100, using: &random) * unit + (number % 3 == 0 ? 0 : unit - 1)
            let from = try #require(Timestamp(milliseconds: begin))
            let to = try #require(Timestamp(milliseconds: last))
            // Browsers shorten a time that ends with zeros.
            func entered(_ text: String) -> String {
                let short = text.replacing(/(:00)?\.000$/, with: "")
                return QueryString.encode(short.replacing(/(\.[0-9]*[1-9])0+$/) { "\($0.output.1)" })
            }
            let (fromText, toText) = (zone.fieldText(from, isEnd: false), zone.fieldText(to, isEnd: true))
            let form = "from=\(entered(fromText))&to=\(entered(toText))&shown_from=\(from)&shown_to=\(to)&rows=25"
            let query = QueryString(form[...]).withShownMoments(of: ["from", "to"], in: zone)
            let filter = SendsFilter(query, zone: zone)
            #expect(filter.problems.isEmpty && filter.from == from && filter.to == to && filter.rows == 25, "\(form)")
        }
    }

    @Test func `a form whose times are changed has the times that were entered`() throws {
        let zone = try #require(UserTimeZone("Europe/Berlin"))
        func submitted(_ form: String) -> SendsFilter {
            SendsFilter(QueryString(form[...]).withShownMoments(of: ["from", "to"], in: zone), zone: zone)
        }
        let (first, second) = ("2022-10-30T00:30:00.000Z", "2022-10-30T01:30:00.000Z")
        let kept = submitted("from=2022-10-30T02:30&shown_from=\(second)")
        #expect(kept.from?.description == second)
        let changed = submitted("from=2022-10-30T02:31&shown_from=\(second)")
        #expect(changed.from?.description == "2022-10-30T00:31:00.000Z")
        #expect(submitted("from=&shown_from=\(second)").from == nil)
        #expect(submitted("shown_from=\(second)").from == nil)
        #expect(submitted("from=2022-10-30T02:30&shown_from=soon").from?.description == first)
        let end = "2022-10-30T00:30:59.999Z"
        #expect(submitted("to=2022-10-30T02:30&shown_to=\(end)").to?.description == end)
    }

    @Test func `a time that clocks show twice gets a note with the other moment`() throws {
        let berlin = try #require(UserTimeZone("Europe/Berlin"))
        let filter = try filter("from=2022-10-30T02:30&to=2022-10-30T02:59", "Europe/Berlin")
        let notes = filter.notes(zone: berlin)
        let from = try #require(notes.from)
        let sentence = "Clocks in Europe/Berlin showed 2022-10-30 02:30 twice."
        #expect(from.text == "\(sentence) The range begins at the first (UTC+02:00).")
        #expect(from.other?.title == "Use the second (UTC+01:00)")
        #expect(from.other?.moment.description == "2022-10-30T01:30:00.000Z")
        let link = try #require(filter.values(of: from, changing: \.from)["link"] as? String)
        #expect(link == "/console/sends?from=2022-10-30T01:30:00.000Z&to=2022-10-30T01:59:59.999Z")
        let to = try #require(notes.to)
        #expect(to.text.hasSuffix("The range ends at the second (UTC+01:00)."))
        #expect(to.other?.moment.description == "2022-10-30T00:59:59.999Z")
        let later = try self.filter("from=2022-10-30T03:00", "Europe/Berlin").notes(zone: berlin)
        #expect(later.from == nil && later.to == nil)
    }

    @Test(
        arguments: [
            ("Europe/Berlin", "from=2022-03-27T02:30", "2022-03-27 02:30. The range begins at 2022-03-27 03:00."),
            ("Europe/Berlin", "to=2022-03-27T02:30", "2022-03-27 02:30. The range ends at 2022-03-27 01:59."),
            ("America/Sao_Paulo", "from=2018-11-04T00:00", "2018-11-04 00:00. The range begins at 2018-11-04 01:00."),
            ("America/Sao_Paulo", "from=2018-11-04", nil),
            ("Pacific/Apia", "from=2011-12-30T12:00", "2011-12-30 12:00. The range begins at 2011-12-31 00:00."),
            ("Pacific/Apia", "to=2011-12-30", "2011-12-30. The range ends at 2011-12-29 23:59."),
            ("Europe/Berlin", "from=2022-03-27T03:00", nil), ("UTC", "from=2022-03-27T02:30", nil),
        ]
    )
    func `a time that clocks skipped gets a note, also after the form redirects`(
        name: String,
        query: String,
        note: String?
    ) throws {
        let zone = try #require(UserTimeZone(name))
        let filter = try filter(query, name)
        let notes = filter.notes(zone: zone)
        #expect((notes.from ?? notes.to)?.text == note.map { "Clocks in \(name) skipped \($0)" })
        let path = filter.pathAfterSubmission
        #expect(path == (note == nil ? filter.link() : "/console/sends?\(query)"))
        let again = try self.filter(String(path.split(separator: "?")[1]), name)
        #expect(again.search == filter.search && again.notes(zone: zone) == notes)
        #expect(try /[^?]+\?(from|to)=[0-9-]{10}T[0-9:.]{12}Z/.wholeMatch(in: filter.link()) != nil)
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
