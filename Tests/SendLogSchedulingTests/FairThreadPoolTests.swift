import Foundation
import SendLogCore
import SendLogScheduling
import Synchronization
import TestSupport
import Testing

/// Threads in fair shares: slow work of one organisation does not delay another's.
struct FairThreadPoolTests {
    @Test func `an organisation whose work hangs uses only its share of the threads`() {
        let threads = FairThreadPool(count: 4, name: "test", reserve: .share)
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
        let haveBegun = Deadline.poll(for: 60) { begun.load(ordering: .relaxed) >= 2 }
        #expect(haveBegun)
        // All work of another organisation is done meanwhile.
        let others = DispatchSemaphore(value: 0)
        for _ in 0..<100 { threads.submit(for: OrganisationID(2)) { others.signal() } }
        for _ in 0..<100 { #expect(others.wait(timeout: .now() + 60) == .success) }
        #expect(begun.load(ordering: .relaxed) == 2)
        // The waiting work runs in its turn, and none is lost.
        for _ in 0..<10 { gate.signal() }
        for _ in 0..<10 { #expect(ended.wait(timeout: .now() + 60) == .success) }
        #expect(order.withLock { $0.sorted() } == Array(0..<10))
        threads.submit(for: OrganisationID(1)) { others.signal() }
        #expect(others.wait(timeout: .now() + 60) == .success)
    }

    #if os(Linux)
    @Test func `threads have the name and priority of their pool, whichever thread submits the work`() {
        let background = FairThreadPool(count: 1, name: "background", niceness: 15)
        for number in 0..<20 {
            let threads = FairThreadPool(count: 1, name: "pool-\(number)")
            let niceness = Mutex<Int32>(0)
            let name = Mutex<String?>(nil)
            let ended = DispatchSemaphore(value: 0)
            background.submit(for: OrganisationID(1)) {
                threads.submit(for: OrganisationID(1)) {
                    niceness.withLock { $0 = Self.niceness() }
                    let text = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
                    name.withLock { $0 = text }
                    ended.signal()
                }
            }
            #expect(ended.wait(timeout: .now() + 60) == .success)
            #expect(niceness.withLock { $0 } == 5)
            #expect(name.withLock { $0 } == "pool-\(number)\n")
        }
    }
    #endif

    @Test func `a task that computes shares a thread with others, slice by slice`() async {
        // An organisation may use one of the threads.
        let threads = FairThreadPool(count: 2, name: "test")
        let loop = Loop()
        let busy = (0..<3).map { _ in
            Task(executorPreference: threads.executor(for: OrganisationID(1))) {
                var slice = TimeSlice()
                while !loop.isOver.load(ordering: .relaxed) {
                    loop.rounds.add(1, ordering: .relaxed)
                    await slice.yieldIfOver()
                }
            }
        }
        // Tasks of another organisation and of the same one get their turns.
        for organisation in [2, 1] {
            let task = Task(executorPreference: threads.executor(for: OrganisationID(Int64(organisation)))) {
                for _ in 0..<10 { await Task.yield() }
                return Self.niceness()
            }
            let niceness = await task.value
            #expect(niceness >= 5)
        }
        loop.isOver.store(true, ordering: .relaxed)
        for task in busy { await task.value }
        #expect(loop.rounds.load(ordering: .relaxed) > 0)
    }

    private final class Loop: Sendable {
        let isOver = Atomic(false)
        let rounds = Atomic(0)
    }

    /// Returns the nice value of the calling thread; threads of a pool have a higher one than the process.
    private static func niceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test func `a task that prefers its current executor does not wait for another turn`() async {
        // An organisation may use one of the threads.
        let threads = FairThreadPool(count: 2, name: "test")
        let loop = Loop()
        let task = Task(executorPreference: threads.executor(for: OrganisationID(1))) {
            // Runs when this task yields its thread.
            threads.submit(for: OrganisationID(1)) { loop.isOver.store(true, ordering: .relaxed) }
            let within = await withTaskExecutorPreference(threads.executor(for: OrganisationID(1))) {
                loop.isOver.load(ordering: .relaxed)
            }
            let after = loop.isOver.load(ordering: .relaxed)
            let elsewhere = await withTaskExecutorPreference(threads.executor(for: OrganisationID(2))) { true }
            return !within && !after && elsewhere
        }
        #expect(await task.value)
    }

    @Test func `all work is done while idle threads end and new ones start`() async throws {
        let threads = FairThreadPool(count: 4, name: "test", idleTime: .milliseconds(5))
        for round in 0..<20 {
            let done = DispatchSemaphore(value: 0)
            for number in 0..<8 { threads.submit(for: OrganisationID(Int64(number))) { done.signal() } }
            for _ in 0..<8 { #expect(done.wait(timeout: .now() + 60) == .success) }
            // Some threads have ended by now, some are ending, and some still wait.
            usleep([4000, 5000, 6000][round % 3])
        }
    }
}
