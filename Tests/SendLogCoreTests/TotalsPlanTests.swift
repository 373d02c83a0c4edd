import SendLogCore
import TestSupport
import Testing

/// Which days the counters give, and which parts of days are read.
struct TotalsPlanTests {
    private static let day = Day(number: 19_000)

    private func moment(_ hours: Double) throws -> Timestamp {
        try #require(Timestamp(milliseconds: Self.day.firstMillisecond + Int64(hours * 3_600_000)))
    }

    /// A period in hours of a day; its end is exclusive.
    private func period(_ from: Double, _ to: Double) throws -> ClosedRange<Timestamp> {
        try moment(from)...moment(to).advanced(by: -1)
    }

    @Test func `whole days come from the counters`() throws {
        let plan = TotalsPlan([try period(-24, 48), try period(72, 96), Self.day.start(after: 4)...Timestamp.latest])
        #expect(plan.days.map(\.range).prefix(2) == [18_999...19_001, 19_003...19_003])
        #expect(plan.days.map(\.period) == [0, 1, 2] && plan.parts == [])
        #expect(plan.period(ofDay: 19_001) == 0 && plan.period(ofDay: 19_002) == nil)
        #expect(plan.period(at: Self.day.firstMillisecond) == 0 && plan.period(at: .max) == nil)
    }

    @Test func `of a cut day, the smaller part is read`() throws {
        let small = TotalsPlan([try period(-24, 2)])
        #expect(small.days.map(\.range) == [18_999...18_999])
        #expect(small.parts.map(\.range) == [try period(0, 2)])
        #expect(small.parts.map(\.period) == [0] && small.parts[0].subtractedFrom == nil)
        let large = TotalsPlan([try period(-24, 22)])
        #expect(large.days.map(\.range) == [18_999...18_999, 19_000...19_000])
        #expect(large.parts.map(\.range) == [try period(22, 24)])
        #expect(large.parts[0].period == nil && large.parts[0].subtractedFrom == 0)
        // The same part is read once for both periods.
        let both = TotalsPlan([try period(-2, 22), try period(22, 46)])
        #expect(both.parts.map(\.range) == [try period(-2, 0), try period(22, 24), try period(46, 48)])
        #expect(both.parts.map(\.period) == [0, 1, nil])
        #expect(both.parts.map(\.subtractedFrom) == [nil, 0, 1])
    }

    @Test func `any periods get exactly what lies within them, and at most half of a day is read`() throws {
        var random = SplitMix64(defaultSeed: 73)
        for _ in 0..<2000 {
            let ends = Set(
                (0..<Int.random(in: 2...14, using: &random)).map { _ in
                    // Whole hours, and the first and the last milliseconds of days.
                    Int64.random(in: 0...72, using: &random) * 3_600_000 - Int64.random(in: 0...1, using: &random)
                }
            ).sorted()
            let moments = try ends.map { try moment(0).advanced(by: $0) }
            let isContiguous = Bool.random(using: &random)
            let periods =
                isContiguous
                ? zip(moments, moments.dropFirst()).map { $0...$1.advanced(by: -1) }
                : stride(from: 0, to: moments.count - 1, by: 2).map { moments[$0]...moments[$0 + 1] }
            let plan = TotalsPlan(periods)
            var logs: [Int64] = []
            for end in ends { logs += [-1, 0, 1, 1_800_000].map { moments[0].milliseconds - ends[0] + end + $0 } }
            var sums = TotalsSums(plan)
            for log in logs {
                let log = try #require(Timestamp(milliseconds: log))
                try sums.add(SendTotals(sends: 1), to: plan.period(ofDay: log.day.number))
                for index in plan.parts(ofDay: log.day.number) where plan.parts[index].range.contains(log) {
                    try sums.add(SendTotals(sends: 1), ofPart: index)
                }
            }
            let totals = try sums.result().map(\.sends)
            #expect(totals == periods.map { period in logs.count { period.contains(milliseconds: $0) } }, "\(periods)")
            let days = Dictionary(grouping: plan.parts, by: \.day).mapValues { $0.reduce(0) { $0 + $1.length } }
            // Many short periods of a day may need more, but never the longest of them.
            #expect(days.values.allSatisfy { $0 < Day.milliseconds })
            if periods.count == 1 { #expect(days.values.allSatisfy { $0 <= Day.milliseconds / 2 }) }
        }
    }

    @Test func `sums that contradict each other are refused`() throws {
        var sums = TotalsSums(TotalsPlan([try period(0, 22)]))
        try sums.add(SendTotals(sends: 1, destinations: 2), to: 0)
        try sums.add(SendTotals(sends: 1, destinations: 3), ofPart: 0)
        #expect(throws: StoreError.self) { try sums.result() }
        try sums.add(SendTotals(sends: .max), to: 0)
        #expect(throws: StoreError.self) { try sums.add(SendTotals(sends: 1), to: 0) }
        var totals = SendTotals(sends: .max, destinations: 1)
        totals += SendTotals(sends: 1, destinations: 2)
        #expect(totals == SendTotals(sends: .max, destinations: 3))
    }
}

extension Day {
    /// The first moment of the day that is a number of days later.
    fileprivate func start(after days: Int) -> Timestamp {
        Timestamp.earliest.advanced(by: Day(number: number + days).firstMillisecond - Timestamp.earliest.milliseconds)
    }
}

extension ClosedRange<Timestamp> {
    fileprivate func contains(milliseconds: Int64) -> Bool {
        lowerBound.milliseconds <= milliseconds && milliseconds <= upperBound.milliseconds
    }
}
