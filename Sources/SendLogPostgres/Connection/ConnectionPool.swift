import Dispatch
import Foundation
import SendLogCore
import SendLogScheduling
import Synchronization

/// A fixed number of threads with one connection each, in fair shares for organisations.
///
/// libpq's calls block, and the threads that serve requests must not. The pool opens a connection when it is first
/// needed, and again after it breaks. Work that a broken connection interrupts is repeated on a new connection, because
/// all work may safely run twice.
final class ConnectionPool: Sendable {
    /// The options of a pool.
    struct Options {
        /// The maximum number of connections.
        var connections: Int
        /// The time that work may wait for a connection.
        var waitTimeout: Duration
        /// The maximum number of jobs that wait.
        var maxWaiting = 4096
        /// The share of the connections that an organisation leaves free for others.
        var reserve = FairShares.Reserve.nothing
        /// Whether `close()` completes the jobs that wait, instead of refusing them.
        var drainsOnClose = false
    }

    /// Runs on a free thread, or receives the reason why it cannot run.
    private typealias Job = @Sendable (Result<PoolThread, StoreError>) -> Void

    private struct State {
        var work: FairDispatch<(job: Job, since: ContinuousClock.Instant)>
        var isClosed = false

        /// - Returns: whether to signal a sleeping thread.
        mutating func wake() -> Bool { work.needsThread && work.takeSleepingThread() }
    }

    private let state: Mutex<State>
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()
    private let options: Options
    /// The number of threads that have a connection.
    private let connected: ConnectionCount

    init(_ location: PostgresLocation, session: String, health: ServerHealth, options: Options) {
        self.options = options
        state = Mutex(State(work: FairDispatch(FairShares(capacity: options.connections, reserve: options.reserve))))
        let connected = ConnectionCount()
        self.connected = connected
        for _ in 0..<options.connections {
            ended.enter()
            let thread = Thread { [self] in
                Thread.current.name = "postgres"
                serve(PoolThread(location, session: session, health: health, connected: connected))
                ended.leave()
            }
            thread.start()
        }
    }

    /// Runs work on the next free connection.
    ///
    /// - Parameters:
    ///   - organisation: the organisation whose share the work uses
    ///   - statementTimeout: the time that each statement of the work may take; `nil` for no limit
    ///   - body: the work, which may be repeated on another connection
    /// - Returns: the result of `body`.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if no connection is free in time; the error of `body`.
    func perform<Result: Sendable>(
        for organisation: OrganisationID,
        within statementTimeout: Duration?,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        let result: Swift.Result<Result, StoreError> = await withUnsafeContinuation { continuation in
            submit(for: organisation) { thread in
                switch thread {
                case .success(let thread):
                    continuation.resume(returning: thread.perform(within: statementTimeout, body))
                case .failure(let refusal): continuation.resume(returning: .failure(refusal))
                }
            }
        }
        return try result.get()
    }

    /// Runs a job on one of the threads, and passes the thread to it; see ``perform(for:within:_:)``.
    func submit(for organisation: OrganisationID, _ job: @escaping @Sendable (Result<PoolThread, StoreError>) -> Void) {
        let (refusal, wakes) = state.withLock { state -> (Unavailability?, Bool) in
            if state.isClosed { return (.closed, false) }
            if state.work.count >= options.maxWaiting { return (.overloaded, false) }
            state.work.append((job, .now), for: organisation)
            return (nil, state.wake())
        }
        if wakes { signal.signal() }
        if let refusal {
            job(.failure(.unavailable(refusal, detail: "the connection pool is full or closed")))
        }
    }

    /// Refuses new work, and waits until the running work ends.
    func close() {
        let (dropped, sleeping) = state.withLock { state -> ([Job], Int) in
            state.isClosed = true
            var sleeping = 0
            while state.work.takeSleepingThread() { sleeping += 1 }
            return (options.drainsOnClose ? [] : state.work.removeAll().map(\.job), sleeping)
        }
        for job in dropped { job(.failure(.unavailable(.closed, detail: "the connections were closed"))) }
        for _ in 0..<sleeping { signal.signal() }
        ended.wait()
    }

    /// Whether the next job may run and has not waited longer than the wait timeout.
    private var hasWork: Bool {
        state.withLock { state in
            guard state.work.needsThread, let first = state.work.first else { return false }
            return .now - first.since <= options.waitTimeout
        }
    }

    /// Runs one thread until the pool is closed.
    private func serve(_ thread: PoolThread) {
        while true {
            // If the server accepts no more connections, the connected threads do the work.
            if !thread.isConnected, connected.isPositive, hasWork {
                if state.withLock({ $0.wake() }) { signal.signal() }
                if !thread.connect() {
                    Thread.sleep(forTimeInterval: 0.1)
                    continue
                }
            }
            let (next, wakes, isClosed) = state.withLock { state in
                let next = state.work.next()
                if next == nil, !state.isClosed { state.work.sleep() }
                return (next, state.wake(), state.isClosed)
            }
            if wakes { signal.signal() }
            if let (organisation, work) = next {
                let isLate = .now - work.since > options.waitTimeout
                work.job(
                    isLate
                        ? .failure(.unavailable(.overloaded, detail: "no connection was free within the timeout"))
                        : .success(thread)
                )
                let wakes = state.withLock { state in
                    state.work.finish(organisation)
                    return state.wake()
                }
                if wakes { signal.signal() }
            } else if isClosed {
                return
            } else {
                signal.wait()
            }
        }
    }
}
