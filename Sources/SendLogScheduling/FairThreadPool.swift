public import Dispatch
import Foundation
public import SendLogCore
import Synchronization

/// A thread pool for work that computes or blocks, with fair shares for organisations.
///
/// Work comes in slices: a closure, or a task's job from one suspension to the next. A free thread runs one slice of
/// the organisation whose turn it is, and no organisation can have all threads; see ``FairQueue`` and ``FairShares``.
/// Work that cannot be sliced, such as an SQLite query, keeps its thread, and the operating system divides the cores
/// between the threads. They have a lower priority than the event loops, start on demand, and end after an idle time.
public final class FairThreadPool: Sendable {
    private let threads: Threads
    private let executors = Mutex<[OrganisationID: OrganisationExecutor]>([:])

    /// Creates a pool of at most `count` threads, whose name has at most 15 bytes, and which end after the idle time.
    ///
    /// The nice value is that of the threads; the event loops have 0
    /// (<https://man7.org/linux/man-pages/man2/setpriority.2.html>).
    public init(
        count: Int,
        name: String,
        reserve: FairShares.Reserve = .share,
        niceness: Int32 = 5,
        idleTime: DispatchTimeInterval = .seconds(10)
    ) {
        let shares = FairShares(capacity: max(count, 1), reserve: reserve)
        threads = Threads(shares, name: name, niceness: niceness, idleTime: idleTime)
    }

    /// The default number of threads: twice the number of cores, so that an organisation's half can keep them busy.
    public static var defaultCount: Int { max(4, 2 * ProcessInfo.processInfo.activeProcessorCount) }

    /// The maximum number of threads.
    public var count: Int { threads.capacity }

    /// Whether no work runs or waits.
    public var isIdle: Bool { threads.isIdle }

    /// Runs a closure for an organisation as soon as the organisation may have a thread.
    public func submit(for organisation: OrganisationID, _ work: @escaping @Sendable () -> Void) {
        threads.submit(.closure(work), for: organisation)
    }

    /// Returns the executor of an organisation's tasks, always the same one, so that tasks do not change threads.
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

/// The threads of a pool, and the work that waits for them.
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

        /// Decides whether a thread must be woken or started for waiting work.
        mutating func wake(_ capacity: Int) -> Wake {
            guard work.needsThread else { return .nothing }
            if work.takeSleepingThread() { return .signal }
            guard started < capacity else { return .nothing }
            started += 1
            return .start
        }
    }

    private enum Wake {
        case nothing, signal, start
    }

    private let name: String
    private let niceness: Int32
    private let idleTime: DispatchTimeInterval
    private let state: Mutex<State>
    private let signal = DispatchSemaphore(value: 0)
    let capacity: Int

    init(_ shares: FairShares, name: String, niceness: Int32, idleTime: DispatchTimeInterval) {
        capacity = shares.capacity
        (self.name, self.niceness, self.idleTime) = (name, niceness, idleTime)
        state = Mutex(State(work: FairDispatch(shares)))
        // The starter must not come from a background thread.
        _ = ThreadStarter.shared
    }

    var isIdle: Bool { state.withLock { $0.work.isIdle } }

    func submit(_ work: Work, for organisation: OrganisationID) {
        let wake = state.withLock { state in
            state.work.append(work, for: organisation)
            return state.wake(capacity)
        }
        perform(wake)
    }

    private func perform(_ wake: Wake) {
        switch wake {
        case .nothing: break
        case .signal: signal.signal()
        case .start: ThreadStarter.shared.start(name: name, niceness: niceness) { self.run() }
        }
    }

    private func run() {
        var last: OrganisationID?
        while true {
            let (next, wake) = state.withLock { state in
                if let last { state.work.finish(last) }
                let next = state.work.next()
                if next == nil { state.work.sleep() }
                // The slice that ended may allow more work to start than this thread takes.
                return (next, state.wake(capacity))
            }
            perform(wake)
            last = next?.organisation
            if let work = next?.element {
                work.run()
            } else if signal.wait(timeout: .now() + idleTime) == .timedOut {
                let ends = state.withLock { state in
                    guard state.work.takeSleepingThread() else { return false }
                    state.started -= 1
                    return true
                }
                if ends { return }
                // No thread is asleep, so this one must already have been signalled.
                signal.wait()
            }
        }
    }
}
