import SendLogCore
import TestSupport
import Testing

struct PageLocatorTests {
    @Test func `a page has the days and the offset of the sorted list`() throws {
        var random = SplitMix64(defaultSeed: 19)
        for _ in 0..<20_000 {
            var days: [DayCount] = []
            var day = Int.random(in: -5...5, using: &random)
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                days.append(DayCount(day: Day(number: day), sends: Int.random(in: 0...4, using: &random)))
                day += Int.random(in: 1...3, using: &random)
            }
            let skip = Int.random(in: 0...20, using: &random)
            let limit = Int.random(in: 0...10, using: &random)
            for order in SortOrder.allCases {
                let walk = try #require(Self.walk(days, order: order, skip: skip, limit: limit))
                let all = days.flatMap { [Day](repeating: $0.day, count: $0.sends) }
                let ordered = order == .oldestFirst ? all : all.reversed()
                let page = ordered.dropFirst(skip).prefix(limit)
                guard let first = page.first, let last = page.last else {
                    #expect(walk.page == nil)
                    continue
                }
                #expect(walk.page?.earliest == min(first, last))
                #expect(walk.page?.latest == max(first, last))
                #expect(walk.page?.count == page.count)
                #expect(walk.page?.offset == skip - (ordered.firstIndex(of: first) ?? 0))
            }
        }
    }

    @Test func `the largest skip gives no page`() throws {
        let days = [DayCount(day: Day(number: 0), sends: 3)]
        let walk = try #require(Self.walk(days, order: .newestFirst, skip: 1 << 53, limit: 10_000))
        #expect(walk.page == nil)
    }

    @Test func `only the days between the page and the nearer end are read`() throws {
        let days = (0..<100).map { DayCount(day: Day(number: $0), sends: 10) }
        for (skip, expected) in [(0, 1), (5, 2), (100, 11), (480, 49), (500, 50), (980, 2), (990, 1)] {
            for order in SortOrder.allCases {
                var seen = 0
                _ = Self.walk(days, order: order, skip: skip, limit: 10) { seen += 1 }
                #expect(seen == expected, "skip \(skip)")
            }
        }
    }

    @Test func `days that do not add up to the total are detected`() {
        let days = [DayCount(day: Day(number: 0), sends: 3)]
        #expect(Self.walk(days, total: 7, order: .newestFirst, skip: 3, limit: 1) == nil)
    }

    private static func walk(
        _ days: [DayCount],
        total: Int? = nil,
        order: SortOrder,
        skip: Int,
        limit: Int,
        onDay: () -> Void = {}
    ) -> PageLocator? {
        PageLocator(
            total: total ?? days.reduce(0) { $0 + $1.sends },
            order: order,
            skip: skip,
            limit: limit
        ) { order, body in
            for day in order == .oldestFirst ? days : days.reversed() {
                onDay()
                if !body(day) { return }
            }
        }
    }
}
