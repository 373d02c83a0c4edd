import Foundation
import SendLogCore
import Synchronization
import Testing

@testable import SendLogWebhooks

/// Who is slow keeps but their own waiting.
struct FairThreadPoolTests {
    @Test func `an organisation whose work hangs has its share of the threads, and no more`() {
        let threads = FairThreadPool(count: 4)
        let begun = Atomic(0)
        let (gate, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let order = Mutex<[Int]>([])
        for number in 0..<10 {
            threads.submit(for: OrganisationID(1)) {
                begun.add(1, ordering: .relaxed)
                gate.wait()
                order.withLock { $0.append(number) }
                ended.signal()
            }
        }
        for _ in 0..<60_000 where begun.load(ordering: .relaxed) < 2 { usleep(1000) }
        // All of another's work is done while that hangs.
        let others = DispatchSemaphore(value: 0)
        for _ in 0..<100 { threads.submit(for: OrganisationID(2)) { others.signal() } }
        for _ in 0..<100 { #expect(others.wait(timeout: .now() + 60) == .success) }
        #expect(begun.load(ordering: .relaxed) == 2)
        // What waited comes in its turn, and nothing is forgotten.
        for _ in 0..<10 { gate.signal() }
        for _ in 0..<10 { #expect(ended.wait(timeout: .now() + 60) == .success) }
        #expect(order.withLock { $0.sorted() } == Array(0..<10))
        threads.submit(for: OrganisationID(1)) { others.signal() }
        #expect(others.wait(timeout: .now() + 60) == .success)
    }
}
