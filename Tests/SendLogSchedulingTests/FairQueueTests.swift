import SendLogCore
import SendLogScheduling
import Testing

/// The queue and the shares that decide which organisation's work is next.
struct FairQueueTests {
    private let one = OrganisationID(1)
    private let two = OrganisationID(2)
    private let three = OrganisationID(3)

    @Test func `the first elements of organisations can be removed by a condition, out of turn`() {
        var queue = FairQueue<Int>()
        for (element, organisation) in [(9, one), (2, one), (1, two), (8, two), (3, three)] {
            queue.append(element, for: organisation)
        }
        let removed = (0..<3).map { _ in queue.removeFirst { $0 < 5 } }
        // Behind a first element that stays, 2 stays too.
        #expect(removed == [1, 3, nil])
        #expect(queue.count == 3)
        #expect(queue.removeAll().sorted() == [2, 8, 9])
    }

    @Test func `organisations take turns, and an organisation's elements keep their order`() {
        var queue = FairQueue<String>()
        for number in 1...4 { queue.append("a\(number)", for: one) }
        queue.append("b1", for: two)
        queue.append("c1", for: three)
        queue.append("b2", for: two)
        #expect(queue.first == "a1")
        var taken: [String] = []
        while let next = queue.next() { taken.append(next.element) }
        #expect(taken == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
        #expect(queue.isEmpty)
    }

    @Test func `an organisation that is skipped keeps its turn`() {
        var queue = FairQueue<String>()
        queue.append("a1", for: one)
        queue.append("b1", for: two)
        queue.append("b2", for: two)
        let second = queue.next { $0 != one }?.element
        #expect(second == "b1")
        #expect(!queue.hasNext { $0 == three })
        let none = queue.next { $0 == three }?.element
        #expect(none == nil)
        #expect(queue.count == 2)
        let first = queue.next()?.element
        #expect(first == "a1")
        let rest = queue.removeAll()
        #expect(rest == ["b2"])
        #expect(queue.isEmpty)
    }

    @Test(arguments: [(FairShares.Reserve.share, 4), (.unit, 7), (.nothing, 8)])
    func `an organisation leaves the reserve to others`(reserve: FairShares.Reserve, alone: Int) {
        var shares = FairShares(capacity: 8, reserve: reserve)
        while shares.hasRoom(for: one) { shares.acquire(for: one) }
        #expect(shares.used(by: one) == alone)
        // Another organisation has room, unless nothing is reserved.
        #expect(shares.hasRoom(for: two) == (reserve != .nothing))
        shares.release(alone, for: one)
        #expect(shares.total == 0)
        #expect(shares.used(by: one) == 0)
    }

    @Test func `any amount can be acquired and released`() {
        var shares = FairShares(capacity: 100)
        shares.acquire(70, for: one)
        // One call may acquire more than a share; only the next one is refused.
        #expect(!shares.hasRoom(for: one))
        #expect(shares.hasRoom(for: two))
        shares.acquire(0, for: two)
        #expect(shares.total == 70)
        shares.acquire(30, for: two)
        #expect(!shares.hasRoom(for: three))
        shares.release(70, for: one)
        #expect(shares.hasRoom(for: one))
        #expect(shares.total == 30)
    }

    @Test func `a thread is woken exactly if there is work that it may do`() {
        var dispatch = FairDispatch<Int>(FairShares(capacity: 2, reserve: .unit))
        dispatch.sleep()
        #expect(!dispatch.needsThread)
        dispatch.append(1, for: one)
        dispatch.append(2, for: one)
        #expect(dispatch.needsThread)
        let (isWoken, isAnother) = (dispatch.takeSleepingThread(), dispatch.takeSleepingThread())
        #expect(isWoken && !isAnother)
        let first = dispatch.next()?.element
        #expect(first == 1)
        // The organisation has its share, and the other thread is reserved for others.
        #expect(!dispatch.needsThread)
        let none = dispatch.next()?.element
        #expect(none == nil)
        dispatch.append(3, for: two)
        #expect(dispatch.needsThread)
        let third = dispatch.next()?.element
        #expect(third == 3)
        dispatch.finish(one)
        dispatch.finish(two)
        #expect(dispatch.first == 2)
        let rest = dispatch.removeAll()
        #expect(rest == [2])
    }
}
