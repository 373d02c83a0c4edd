import CCurl
import Dispatch
import Foundation
import Synchronization

/// The event loop of webhooks: one thread that runs their tasks and moves the bytes of their requests.
///
/// The thread has a low priority, so that recording and searching come first on a busy machine.
final class LowPriorityEventLoop: TaskExecutor {
    private enum Command: Sendable {
        case run(UnownedJob)
        case start(HTTPExchange, id: Int, CurlTransfer.Completion)
        case cancel(id: Int)
        /// The action's argument is true when the moment has come, and false when the loop ends.
        case schedule(ContinuousClock.Instant, id: Int, @Sendable (_ isDue: Bool) -> Void)
        case unschedule(id: Int)
        case close
    }

    private struct Inbox {
        var commands: [Command] = []
        /// Whether the thread waits for a wake-up.
        var isAsleep = false
        /// Whether the thread has ended.
        var isEnded = false
    }

    private let inbox = Mutex(Inbox())
    private let ids = Atomic(0)
    private let wakeUp: (read: Int32, write: Int32)

    init() {
        // Initialises libcurl once per process. This is safe on any thread since libcurl 7.84; in older versions it is
        // safe because only the first loop does it.
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
        for end in [wakeUp.read, wakeUp.write] { _ = Foundation.close(end) }
    }

    private static let libcurl: Void = {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        // OpenSSL writes to sockets without MSG_NOSIGNAL: a receiver that closes a connection must not end the process.
        signal(SIGPIPE, SIG_IGN)
    }()

    /// Performs an exchange.
    ///
    /// - Returns: the result; its failure is `cancelled` if the task was cancelled or the loop is closed.
    func perform(_ exchange: HTTPExchange) async -> HTTPExchangeResult {
        let id = nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                post(.start(exchange, id: id) { continuation.resume(returning: $0) })
                // The cancellation handler may have run before the exchange was started.
                if Task.isCancelled { post(.cancel(id: id)) }
            }
        } onCancel: {
            post(.cancel(id: id))
        }
    }

    /// Runs work that is cancelled at a deadline.
    ///
    /// - Throws: ``HTTPFailure/timeout`` if the deadline passed first; otherwise the error of `body`.
    func withDeadline<Result: Sendable>(
        _ deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let didTimeOut = TimeoutFlag()
        let work = Task(executorPreference: self) { try await body() }
        let id = nextID()
        post(
            .schedule(deadline, id: id) { isDue in
                didTimeOut.value.store(isDue, ordering: .relaxed)
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
            throw didTimeOut.value.load(ordering: .relaxed) ? HTTPFailure.timeout : .cancelled
        }
    }

    private final class TimeoutFlag: Sendable {
        let value = Atomic(false)
    }

    /// Cancels all exchanges, closes all connections, and ends the thread.
    func close() { post(.close) }

    /// See `TaskExecutor`.
    func enqueue(_ job: consuming ExecutorJob) { post(.run(UnownedJob(job))) }

    private func nextID() -> Int { ids.wrappingAdd(1, ordering: .relaxed).newValue }

    private func post(_ command: Command) {
        let (isEnded, mustWake) = inbox.withLock { inbox in
            if inbox.isEnded { return (true, false) }
            inbox.commands.append(command)
            defer { inbox.isAsleep = false }
            return (false, inbox.isAsleep)
        }
        if isEnded { return refuse(command) }
        guard mustWake else { return }
        var byte: UInt8 = 1
        // If the pipe is full, the write fails, but the pipe is readable and wakes the thread anyway.
        _ = write(wakeUp.write, &byte, 1)
    }

    /// Completes a command that arrives after the thread has ended.
    private func refuse(_ command: Command) {
        switch command {
        // Unfinished tasks continue on the global queue.
        case .run(let job): DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        case .start(_, _, let completion): completion(HTTPExchangeResult(failure: .cancelled))
        case .schedule(_, _, let action): action(false)
        case .cancel, .unschedule, .close: break
        }
    }
}

// The event loop's thread.
extension LowPriorityEventLoop {
    private func run() {
        // Set here because Foundation names only a running thread.
        Thread.current.name = "webhooks"
        #if canImport(Glibc)
        // On Linux each thread has its own nice value; 0 means the calling thread.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 15)
        #endif
        var multi = CurlMulti()
        var timers: [(moment: ContinuousClock.Instant, id: Int, action: @Sendable (Bool) -> Void)] = []
        var isClosing = false
        var rounds = 0
        while true {
            let commands = takeCommands(isEnding: isClosing)
            if isClosing, commands.isEmpty { break }
            for command in commands {
                switch command {
                case .run(let job): job.runSynchronously(on: asUnownedTaskExecutor())
                case _ where isClosing: refuse(command)
                case .start(let exchange, let id, let completion): multi.start(exchange, id: id, completion)
                case .cancel(let id): multi.cancel(id)
                case .schedule(let moment, let id, let action): timers.append((moment, id, action))
                case .unschedule(let id): timers.removeAll { $0.id == id }
                case .close:
                    multi.close()
                    isClosing = true
                }
            }
            if isClosing { continue }
            multi.advance()
            // Runs follow-up tasks without polling the sockets in between. `maxRounds` ensures that endless tasks do
            // not starve the sockets.
            rounds += 1
            if rounds < Self.maxRounds, hasWork { continue }
            rounds = 0
            let limit = (timers.map(\.moment) + [multi.idleEnd].compactMap { $0 }).min()
            let isWoken = multi.run(wakingBy: wakeUp.read, until: mustStayAwake() ? .now : limit)
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

    /// Takes all queued commands.
    ///
    /// If the loop is closing and the inbox is empty, marks the inbox as ended.
    private func takeCommands(isEnding: Bool) -> [Command] {
        inbox.withLock { inbox in
            defer { inbox.commands = [] }
            if isEnding, inbox.commands.isEmpty { inbox.isEnded = true }
            return inbox.commands
        }
    }

    /// The maximum number of rounds of tasks before the sockets are polled.
    private static let maxRounds = 16

    private var hasWork: Bool { inbox.withLock { !$0.commands.isEmpty } }

    /// Whether there is work.
    ///
    /// Otherwise the thread is marked as asleep, and the next arrival wakes it.
    private func mustStayAwake() -> Bool {
        inbox.withLock { inbox in
            inbox.isAsleep = inbox.commands.isEmpty
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
