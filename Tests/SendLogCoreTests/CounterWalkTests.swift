import SendLogCore
import Testing

struct CounterWalkTests {
    @Test func `a walk finds the days and the offset that a plain list gives`() {
        var random = SplitMix(seed: 19)
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
                let walk = CounterWalk(days: days, order: order, skip: skip, limit: limit)
                let all = days.flatMap { [Day](repeating: $0.day, count: $0.sends) }
                let ordered = order == .oldestFirst ? all : all.reversed()
                let page = ordered.dropFirst(skip).prefix(limit)
                #expect(walk.total == all.count)
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

    @Test func `a skip as great as it may be is passed over at once`() {
        let days = [DayCount(day: Day(number: 0), sends: 3)]
        let walk = CounterWalk(days: days, order: .newestFirst, skip: 1 << 53, limit: 10_000)
        #expect((walk.total, walk.page) == (3, nil))
    }
}
