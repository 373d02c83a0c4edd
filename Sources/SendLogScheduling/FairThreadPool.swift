public import Dispatch
import Foundation
public import SendLogCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Threads for what computes or blocks, in fair shares for organisations.
///
/// Work comes in slices: a task's job from one suspension to the next, or a closure. Whenever a thread is free, the organisation whose turn
/// it is gets it for one slice, and no organisation may have all threads; see ``FairQueue`` and ``FairShares``. What cannot be sliced, such as
/// a query of SQLite, keeps its thread, and the system divides the cores between the threads.
///
/// The threads have a lower priority than those that move bytes. They are started when they are needed, and end when they have been idle.
public final class FairThreadPool: Sendable {
    private let threads: Threads
    private let executors = Mutex<[OrganisationID: OrganisationExecutor]>([:])

    /// Makes a pool.
    ///
    /// - Parameters:
    ///   - count: how many threads there are at most
    ///   - name: what the threads are called, at most 15 bytes
    ///   - reserve: what an organisation leaves free for others
    ///   - idleTime: for how long a thread waits for work before it ends
    public init(
        count: Int,
        name: String,
        reserve: FairShares.Reserve = .share,
        idleTime: DispatchTimeInterval = .seconds(10)
    ) {
        threads = Threads(FairShares(capacity: max(count, 1), reserve: reserve), name: name, idleTime: idleTime)
    }

    /// How many threads suit this machine: an organisation that is alone has half of them and can keep all cores busy; others find threads.
    public static var defaultCount: Int { max(4, 2 * ProcessInfo.processInfo.activeProcessorCount) }

    /// How many threads there are at most.
    public var count: Int { threads.capacity }

    /// Whether nothing runs or waits.
    public var isIdle: Bool { threads.isIdle }

    /// Does work for an organisation when it may have a thread.
    public func submit(for organisation: OrganisationID, _ work: @escaping @Sendable () -> Void) {
        threads.submit(.closure(work), for: organisation)
    }

    /// Runs an organisation's tasks here; always the same one, so that a task that is here already does not change threads.
    public func executor(for organisation: OrganisationID) -> any TaskExecutor {
        executors.withLock { executors in
            if let known = executors[organisation] { return known }
            let executor = OrganisationExecutor(threads, organisation)
            executors[organisation] = executor
            return executor
        }
    }

    private final class OrganisationExecutor: TaskExecutor {
        private let threads: Threads
        private let organisation: OrganisationID

        init(_ threads: Threads, _ organisation: OrganisationID) {
            (self.threads, self.organisation) = (threads, organisation)
        }

        func enqueue(_ job: consuming ExecutorJob) {
            threads.submit(.job(UnownedJob(job), self), for: organisation)
        }
    }
}

/// The threads of a pool, and what waits for them.
private final class Threads: Sendable {
    enum Work: Sendable {
        case closure(@Sendable () -> Void)
        case job(UnownedJob, any TaskExecutor)

        func run() {
            switch self {
            case .closure(let body): body()
            case .job(let job, let executor):
                withExtendedLifetime(executor) { job.runSynchronously(on: executor.asUnownedTaskExecutor()) }
            }
        }
    }

    private struct State {
        var work: FairDispatch<Work>
        var started = 0

        /// What must be done so that work that may be begun is begun.
        mutating func wake(_ capacity: Int) -> Wake {
            guard work.needsThread else { return .nothing }
            if work.wake() { return .signal }
            guard started < capacity else { return .nothing }
            started += 1
            return .start
        }
    }

    private enum Wake {
        case nothing, signal, start
    }

    private let name: String
    private let idleTime: DispatchTimeInterval
    private let state: Mutex<State>
    private let signal = DispatchSemaphore(value: 0)
    let capacity: Int

    /// How much nicer than others the threads are (<https://man7.org/linux/man-pages/man2/setpriority.2.html>).
    private static let niceness: Int32 = 5

    init(_ shares: FairShares, name: String, idleTime: DispatchTimeInterval) {
        capacity = shares.capacity
        (self.name, self.idleTime) = (name, idleTime)
        state = Mutex(State(work: FairDispatch(shares)))
    }

    var isIdle: Bool { state.withLock { $0.work.isIdle } }

    func submit(_ work: Work, for organisation: OrganisationID) {
        carryOut(
            state.withLock { state in
                state.work.append(work, for: organisation)
                return state.wake(capacity)
            }
        )
    }

    private func carryOut(_ wake: Wake) {
        switch wake {
        case .nothing: break
        case .signal: signal.signal()
        case .start:
            let thread = Thread { self.run() }
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    private func run() {
        // Foundation names only a thread that runs.
        Thread.current.name = name
        #if canImport(Glibc)
        // Linux gives each thread a niceness of its own, and names this one by 0.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
        #endif
        var last: OrganisationID?
        while true {
            let (next, wake) = state.withLock { state in
                if let last { state.work.finish(last) }
                let next = state.work.next()
                if next == nil { state.work.sleep() }
                // What ended may let in more than this thread takes.
                return (next, state.wake(capacity))
            }
            carryOut(wake)
            last = next?.organisation
            if let work = next?.element {
                work.run()
            } else if signal.wait(timeout: .now() + idleTime) == .timedOut {
                let ends = state.withLock { state in
                    guard state.work.wake() else { return false }
                    state.started -= 1
                    return true
                }
                if ends { return }
                // All that sleep are being woken, so a signal is on its way.
                signal.wait()
            }
        }
    }
}
