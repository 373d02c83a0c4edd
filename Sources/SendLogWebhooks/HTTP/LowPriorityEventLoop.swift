import CCurl
import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The one thread on which webhooks are worked for: it runs their tasks and moves the bytes of their requests.
///
/// It has a low priority: on a busy machine recording and searching go first.
final class LowPriorityEventLoop: TaskExecutor {
    private enum Command: Sendable {
        case start(HTTPExchange, id: Int, CurlTransfer.Completion)
        case cancel(id: Int)
        /// The action's argument is whether the moment has come; otherwise the loop ends.
        case schedule(ContinuousClock.Instant, id: Int, @Sendable (_ isDue: Bool) -> Void)
        case unschedule(id: Int)
        case close
    }

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var commands: [Command] = []
        /// Whether the thread sleeps until something wakes it.
        var isAsleep = false
        /// Whether the thread has ended.
        var isEnded = false

        /// Notes that something has come.
        ///
        /// - Returns: whether the thread sleeps, and must be woken.
        mutating func wake() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private let inbox = Mutex(Inbox())
    private let ids = Atomic(0)
    private let wakeUp: (read: Int32, write: Int32)

    init() {
        // Once for the process; safe to call from any thread since 7.84, and before on the first of all loops.
        _ = Self.libcurl
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { preconditionFailure("no pipe for the webhooks' thread: errno \(errno)") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        wakeUp = (ends[0], ends[1])
        let thread = Thread { self.run() }
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit {
        // No other thread can wake this one any more.
        for end in [wakeUp.read, wakeUp.write] { closeDescriptor(end) }
    }

    private static let libcurl: Void = {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        // OpenSSL writes to sockets without MSG_NOSIGNAL: a receiver that closes must not end the process.
        signal(SIGPIPE, SIG_IGN)
    }()

    /// Carries out an exchange.
    ///
    /// - Returns: what came of it; a failure of `cancelled` if the task was cancelled or the loop is closed.
    func perform(_ exchange: HTTPExchange) async -> HTTPExchangeResult {
        let id = nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                post(.start(exchange, id: id) { continuation.resume(returning: $0) })
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { post(.cancel(id: id)) }
            }
        } onCancel: {
            post(.cancel(id: id))
        }
    }

    /// Does work that is cancelled at a deadline.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: ``HTTPFailure/timeout`` if the deadline passed first; what `body` throws.
    func withDeadline<Result: Sendable>(
        _ deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let isLate = Late()
        let work = Task(executorPreference: self) { try await body() }
        let id = nextID()
        post(
            .schedule(deadline, id: id) { isDue in
                isLate.value.store(isDue, ordering: .relaxed)
                work.cancel()
            }
        )
        defer { post(.unschedule(id: id)) }
        do {
            return try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                work.cancel()
            }
        } catch is CancellationError {
            throw isLate.value.load(ordering: .relaxed) ? HTTPFailure.timeout : .cancelled
        }
    }

    private final class Late: Sendable {
        let value = Atomic(false)
    }

    /// Cancels all exchanges, closes all connections, and ends the thread.
    func close() { post(.close) }

    /// See `TaskExecutor`.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (isEnded, mustWake) = inbox.withLock { inbox in
            if inbox.isEnded { return (true, false) }
            inbox.jobs.append(job)
            return (false, inbox.wake())
        }
        if mustWake { wake() }
        // Tasks that are not over yet go on elsewhere.
        if isEnded { DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) } }
    }

    private func nextID() -> Int { ids.wrappingAdd(1, ordering: .relaxed).newValue }

    private func post(_ command: Command) {
        let (isEnded, mustWake) = inbox.withLock { inbox in
            if inbox.isEnded { return (true, false) }
            inbox.commands.append(command)
            return (false, inbox.wake())
        }
        if mustWake { wake() }
        if isEnded { Self.refuse(command) }
    }

    /// Answers a command that comes when the thread has ended.
    private static func refuse(_ command: Command) {
        switch command {
        case .start(_, _, let completion): completion(HTTPExchangeResult(failure: .cancelled))
        case .schedule(_, _, let action): action(false)
        case .cancel, .unschedule, .close: break
        }
    }

    private func wake() {
        var byte: UInt8 = 1
        // A pipe that is full wakes as well.
        _ = write(wakeUp.write, &byte, 1)
    }
}

// The thread.
extension LowPriorityEventLoop {
    private func run() {
        // Foundation names only a thread that runs.
        Thread.current.name = "webhooks"
        #if canImport(Glibc)
        // Linux gives each thread a niceness of its own, and names this one by 0.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 15)
        #endif
        var multi = CurlMulti()
        var timers: [(moment: ContinuousClock.Instant, id: Int, action: @Sendable (Bool) -> Void)] = []
        var isClosing = false
        var rounds = 0
        while true {
            let (jobs, commands) = takeInbox(isEnding: isClosing)
            if isClosing, jobs.isEmpty, commands.isEmpty { break }
            for command in commands {
                switch command {
                case _ where isClosing: Self.refuse(command)
                case .start(let exchange, let id, let completion): multi.start(exchange, id: id, completion)
                case .cancel(let id): multi.cancel(id)
                case .schedule(let moment, let id, let action): timers.append((moment, id, action))
                case .unschedule(let id): timers.removeAll { $0.id == id }
                case .close:
                    multi.close()
                    isClosing = true
                }
            }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            if isClosing { continue }
            multi.advance()
            // Tasks that follow from others need no look at the sockets in between, but for those that follow for ever.
            rounds += 1
            if rounds < Self.maxRounds, hasWork { continue }
            rounds = 0
            let limit = (timers.map(\.moment) + [multi.idleEnd].compactMap { $0 }).min()
            let isWoken = multi.run(wakingBy: wakeUp.read, until: mayNotSleep() ? .now : limit)
            finishSleep(isWoken: isWoken)
            let now = ContinuousClock.now
            if let end = multi.idleEnd, end <= now {
                multi.close()
                multi = CurlMulti()
            }
            for timer in timers where timer.moment <= now { timer.action(true) }
            timers.removeAll { $0.moment <= now }
        }
        for timer in timers { timer.action(false) }
    }

    /// Takes what has come; where the loop ends and nothing has, nothing can come any more.
    private func takeInbox(isEnding: Bool) -> (jobs: [UnownedJob], commands: [Command]) {
        inbox.withLock { inbox in
            defer { (inbox.jobs, inbox.commands) = ([], []) }
            if isEnding, inbox.jobs.isEmpty, inbox.commands.isEmpty { inbox.isEnded = true }
            return (inbox.jobs, inbox.commands)
        }
    }

    /// After so many rounds of tasks the sockets have their turn.
    private static let maxRounds = 16

    private var hasWork: Bool { inbox.withLock { !$0.jobs.isEmpty || !$0.commands.isEmpty } }

    /// Whether there is something to do; otherwise anything that arrives from now on wakes the thread.
    private func mayNotSleep() -> Bool {
        inbox.withLock { inbox in
            inbox.isAsleep = inbox.jobs.isEmpty && inbox.commands.isEmpty
            return !inbox.isAsleep
        }
    }

    private func finishSleep(isWoken: Bool) {
        inbox.withLock { $0.isAsleep = false }
        guard isWoken else { return }
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeUp.read, &bytes, bytes.count) == bytes.count {}
    }
}

/// The system's `close`, which the event loop's own hides.
private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
