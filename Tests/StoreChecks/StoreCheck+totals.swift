public import SendLogCore
import TestSupport
import Testing

/// Totals in periods of time.
extension StoreCheck {
    static let totals = [
        StoreCheck("totals in periods are those of a plain array, also after deletions") { store in
            let seed = TestSeed.printed("totals in periods are those of a plain array")
            var cases = RandomCases(seed: seed)
            let (acme, zulu) = (try await store.organisation("Acme"), try await store.organisation("Zulu"))
            var (model, number) = (SearchModel(), 0)
            for round in 0..<TestScale.count(12, soak: 60) {
                let logs = try (0..<cases.number(0...80)).map { _ in
                    number += 1
                    return try cases.listedLog(number)
                }
                _ = try await store.record(logs, in: acme)
                for log in logs { model.append(log) }
                _ = try await store.record(Array(logs.prefix(5)), in: zulu)
                let deleted = Set(model.logs.map(\.sequence).filter { _ in round % 3 == 2 && cases.once(in: 5) })
                #expect(try await store.delete(deleted.sorted(), in: acme) == deleted.count)
                model.delete(deleted)
                for turn in 0..<60 {
                    var search = cases.search(logs: model.head)
                    if cases.once(in: 4) { search.found = cases.found(of: model.head) }
                    let periods = cases.periods()
                    let limit = cases.once(in: 3) ? cases.number(0...20) : nil
                    let totals = try await store.totals(of: search, in: periods, maxReads: limit, of: acme)
                    if totals == nil, limit != nil { continue }
                    try #require(
                        totals == model.totals(of: search, in: periods),
                        "SENDLOG_TEST_SEED=\(seed), round \(round), turn \(turn): \(search) in \(periods)"
                    )
                }
            }
        },
        StoreCheck("the totals of all local days add up to the totals of the time that they cover") { store in
            var cases = RandomCases(seed: TestSeed.printed("the totals of all local days add up"))
            let organisation = try await store.organisation("Acme")
            var model = SearchModel()
            for number in 0..<300 { model.append(try cases.listedLog(number)) }
            _ = try await store.record(model.logs.map(\.log), in: organisation)
            for minutes in [0, 60, 120, 345, 840, -210, -570, -720, 630] {
                let periods = cases.localDays(offset: minutes)
                let whole = try #require(periods.first).lowerBound...(try #require(periods.last).upperBound)
                for search in [SendLogSearch(), SendLogSearch(asOf: SequenceNumber(200))] {
                    let days = try #require(
                        try await store.totals(of: search, in: periods, maxReads: nil, of: organisation)
                    )
                    var sum = SendTotals()
                    for day in days { sum += day }
                    #expect(model.totals(of: search, in: [whole]) == [sum])
                    let all = try await store.totals(of: search, in: [whole], maxReads: nil, of: organisation)
                    #expect(all == [sum])
                }
            }
        },
        StoreCheck("whole days are not read, and of a cut day only the smaller part counts for the limit") { store in
            let organisation = try await store.organisation("Acme")
            let logs = try (0..<100).map { try Sample.plain("log-\($0)", day: 19_000, count: 2) }
            _ = try await store.record(logs, in: organisation)
            let day = Day(number: 19_000)
            let (first, hour) = (day.firstMillisecond, Int64(3_600_000))
            func period(_ from: Int64, _ to: Int64) throws -> ClosedRange<Timestamp> {
                let begin = try #require(Timestamp(milliseconds: first + from * hour))
                return begin...begin.advanced(by: (to - from) * hour - 1)
            }
            let (none, all) = (SendTotals(), SendTotals(sends: 100, destinations: 200))
            let cases: [(periods: [ClosedRange<Timestamp>], expected: [SendTotals], reads: Int)] = [
                ([try period(0, 24)], [all], 0), ([try period(-48, 0), try period(0, 72)], [none, all], 0),
                ([try period(0, 12)], [none], 50), ([try period(0, 12), try period(12, 24)], [none, all], 50),
                ([try period(-2, 22)], [all], 9), ([try period(-2, 22), try period(22, 46)], [all, none], 9),
                ([try period(1, 23)], [all], 9), ([try period(1, 2), try period(3, 4)], [none, none], 9),
                // 7 hours are read for the first and the third period, and the second one is the rest.
                ([try period(0, 2), try period(2, 19), try period(19, 24)], [none, all, none], 30),
            ]
            for (periods, expected, reads) in cases {
                for campaigns in [nil, try Sample.campaigns("spring", "none")] {
                    let search = SendLogSearch(campaigns: campaigns)
                    for limit in [nil, reads, reads + 1] {
                        let found = try await store.totals(of: search, in: periods, maxReads: limit, of: organisation)
                        #expect(found == expected, "\(periods)")
                    }
                    let refused = try await store.totals(of: search, in: periods, maxReads: reads - 1, of: organisation)
                    #expect(refused == nil, "\(periods)")
                }
            }
            var search = SendLogSearch()
            search.found = [1, 2, 3]
            let limits: [(Int?, Int?)] = [(nil, 3), (3, 3), (2, nil)]
            for (limit, expected) in limits {
                let found = try await store.totals(of: search, in: [period(0, 24)], maxReads: limit, of: organisation)
                #expect(found?[0].sends == expected)
            }
        },
        StoreCheck("each campaign counts once, and unknown ones and no periods have no totals") { store in
            let organisation = try await store.organisation("Acme")
            let logs = try (0..<10).map { try Sample.log("\($0)", campaign: "c\($0 % 3)", destinations: ["1", "2"]) }
            _ = try await store.record(logs, in: organisation)
            let always = Timestamp.earliest...Timestamp.latest
            let part = try #require(Sample.later(-1))...(try #require(Sample.later(1)))
            for period in [always, part] {
                for (ids, sends) in [(["c0"], 4), (["c0", "c0"], 4), (["c1", "none", "c2", "c1"], 6), (["none"], 0)] {
                    let search = SendLogSearch(campaigns: ids.compactMap { CampaignID($0) })
                    let found = try await store.totals(of: search, in: [period], maxReads: nil, of: organisation)
                    #expect(found == [SendTotals(sends: sends, destinations: 2 * sends)])
                }
            }
            // Dates, page and order of the search have no meaning.
            let search = SendLogSearch(from: .latest, to: .earliest, skip: 5, limit: 0)
            #expect(
                try await store.totals(of: search, in: [always], maxReads: 0, of: organisation)
                    == [SendTotals(sends: 10, destinations: 20)]
            )
            #expect(try await store.totals(of: search, in: [], maxReads: 0, of: organisation) == [])
            await #expect(throws: StoreError.notFound) {
                try await store.totals(of: search, in: [always], maxReads: nil, of: OrganisationID(1000))
            }
        },
        StoreCheck("totals are exact where snapshots and deleted logs lie at the ends of blocks") { store in
            let organisation = try await store.organisation("Acme")
            var model = SearchModel()
            let size = Int(CounterBlock.size)
            for block in [0, 1] {
                let before = (block + 1) * size - 4
                try await store.raiseHead(to: SequenceNumber(Int64(before)), in: organisation)
                model.raiseHead(to: before)
                let logs = try (0..<8).map { number in
                    let start = Sample.later((number % 3) * 43_200_000)
                    return try Sample.log(
                        "\(block)-\(number)",
                        campaign: "c\(number % 2)",
                        start: start,
                        destinations: ["1"]
                    )
                }
                _ = try await store.record(logs, in: organisation)
                for log in logs { model.append(log) }
            }
            let cut = try #require(Sample.later(43_200_000))
            let periods = [
                Timestamp.earliest...cut.advanced(by: -1), cut...cut, cut.advanced(by: 1)...Timestamp.latest,
            ]
            for deleted in [[], [size, size + 1, 2 * size - 1]] {
                #expect(try await store.delete(deleted, in: organisation) == deleted.count)
                model.delete(Set(deleted))
                for end in [0, size - 4, size, size + 1, 2 * size - 2, 2 * size, 2 * size + 4] {
                    for campaigns in [nil, try Sample.campaigns("c0"), try Sample.campaigns("c1", "c0")] {
                        let search = SendLogSearch(campaigns: campaigns, asOf: SequenceNumber(Int64(end)))
                        for periods in [periods, [Timestamp.earliest...Timestamp.latest]] {
                            let found = try await store.totals(of: search, in: periods, maxReads: nil, of: organisation)
                            #expect(found == model.totals(of: search, in: periods), "\(search)")
                        }
                    }
                }
            }
        },
    ]

    /// Checks that totals of damaged rows fail with an error.
    ///
    /// - Parameters:
    ///   - store: a store that is new and empty
    ///   - execute: runs SQL, bypassing the store
    /// - Throws: any error of the store or of `execute`; no test expects one.
    public static func refusesDamagedTotals(
        in store: any Store,
        execute: (_ sql: String) async throws -> Void
    ) async throws {
        let organisation = try await store.organisation("Acme")
        _ = try await store.record((0..<8).map { try Sample.plain("\($0)", day: $0 / 4, count: 3) }, in: organisation)
        let noon = try #require(Timestamp(milliseconds: 43_200_000))
        let all = Timestamp.earliest...Timestamp.latest
        // Of the two halves of the first day, the second one is read.
        let cut = [Timestamp.earliest...noon.advanced(by: -1), noon...Timestamp.latest]
        for (damage, repair, found, periods) in [
            ("organisation_days SET sends = -5", "organisation_days SET sends = 4", false, [all]),
            ("organisation_days SET destinations = -5", "organisation_days SET destinations = 12", false, [all]),
            (
                "organisation_days SET destinations = 9223372036854775807",
                "organisation_days SET destinations = 12", false, [all]
            ),
            ("organisation_days SET sends = 1", "organisation_days SET sends = 4", false, cut),
            ("send_logs SET destinations = -5", "send_logs SET destinations = 3", false, cut),
            ("send_logs SET destinations = -5", "send_logs SET destinations = 3", true, [all]),
        ] {
            var search = SendLogSearch()
            if found { search.found = Array(1...8) }
            let sound = try await store.totals(of: search, in: periods, maxReads: nil, of: organisation)
            #expect(sound?.reduce(0) { $0 + $1.destinations } == 24)
            try await execute("UPDATE \(damage)")
            do throws(StoreError) {
                let totals = try await store.totals(of: search, in: periods, maxReads: nil, of: organisation)
                Issue.record("\(damage): \(String(describing: totals))")
            } catch {
                guard case .corrupted = error else { throw error }
            }
            try await execute("UPDATE \(repair)")
        }
    }
}

extension SearchModel {
    /// The expected totals of a search in periods.
    func totals(of search: SendLogSearch, in periods: [ClosedRange<Timestamp>]) -> [SendTotals] {
        periods.map { period in
            var search = search
            (search.from, search.to) = (period.lowerBound, period.upperBound)
            (search.skip, search.limit) = (0, .max)
            let page = page(search)
            return SendTotals(sends: page.total, destinations: page.rows.reduce(0) { $0 + $1.destinations })
        }
    }
}

extension RandomCases {
    /// A log with up to four destinations.
    fileprivate mutating func listedLog(_ id: Int) throws -> PreparedSendLog {
        try Sample.log(
            "log-\(id)",
            campaign: campaign()?.text ?? "",
            message: "",
            start: timestamp(),
            destinations: (0..<number(0...4)).map { "2782123456\($0)" }
        )
    }

    /// Some of the sequence numbers of an organisation, and some that it does not have.
    fileprivate mutating func found(of head: Int) -> [Int64] {
        var found: [Int64] = [-1, 0]
        for number in 1...head + 3 where once(in: 3) { found.append(Int64(number)) }
        return found + [1 << 40 + 1]
    }

    /// Periods in ascending order: days of a time zone, or any.
    fileprivate mutating func periods() -> [ClosedRange<Timestamp>] {
        switch number(0...5) {
        case 0: return [Timestamp.earliest...Timestamp.latest]
        case 1, 2: return localDays(offset: [0, 60, 120, 345, 840, -210, -570, -720][number(0...7)])
        default:
            var ends: Set<Timestamp> = []
            for _ in 0..<2 * number(1...(once(in: 3) ? 12 : 3)) { ends.insert(timestamp()) }
            let sorted = ends.sorted()
            // Sometimes each period begins where the last one ends.
            if once(in: 2) { return zip(sorted, sorted.dropFirst()).map { $0...$1.advanced(by: -1) } }
            return stride(from: 0, to: sorted.count - 1, by: 2).map { sorted[$0]...sorted[$0 + 1] }
        }
    }

    /// The days of a time zone with an offset in minutes, over the two weeks that most logs are in.
    fileprivate mutating func localDays(offset minutes: Int) -> [ClosedRange<Timestamp>] {
        (-1...14).map { number in
            let begin = Day(number: firstDay + number).firstMillisecond - Int64(minutes) * 60_000
            let first = Timestamp.earliest.advanced(by: begin - Timestamp.earliest.milliseconds)
            return first...first.advanced(by: Day.milliseconds - 1)
        }
    }
}
