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
///
/// On a Citus cluster, the organisations of one node leave a connection free for those of other nodes, and work for a
/// node that is unavailable is refused at once.
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
        /// How work ends after which the work of the organisation is refused for some seconds.
        var refusesAfter: Set<PoolThread.End> = []
        /// Whether `close()` completes the jobs that wait, instead of refusing them.
        var drainsOnClose = false
    }

    /// Runs on a free thread, or receives the reason why it cannot run.
    private typealias Job = @Sendable (Result<PoolThread, StoreError>) -> Void

    private struct State {
        var work: FairDispatch<(job: Job, since: ContinuousClock.Instant)>
        var breakers = TimeoutBreakers()
        var shares: NodeShares
        /// Whether late work is going to be refused.
        var hasTimer = false
        var isClosed = false

        var needsThread: Bool { work.needsThread(where: shares.hasConnection) }

        /// - Returns: whether to signal a sleeping thread.
        mutating func wake() -> Bool { needsThread && work.takeSleepingThread() }

        /// Removes the next job, and counts it for its node.
        mutating func next() -> Next? {
            let shares = shares
            guard let next = work.next(where: shares.hasConnection) else { return nil }
            let node = self.shares.acquire(for: next.organisation)
            return Next(organisation: next.organisation, node: node, job: next.element.job, since: next.element.since)
        }

        mutating func finish(_ next: Next) {
            work.finish(next.organisation)
            shares.release(next.node)
        }
    }

    private struct Next {
        let organisation: OrganisationID
        let node: NodeID?
        let job: Job
        let since: ContinuousClock.Instant
    }

    private let state: Mutex<State>
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()
    private let options: Options
    /// The number of threads that have a connection.
    private let connected: ConnectionCount

    private let nodes: ClusterNodes?

    init(
        _ location: PostgresLocation,
        session: String,
        health: ServerHealth,
        nodes: ClusterNodes?,
        options: Options
    ) {
        (self.options, self.nodes) = (options, nodes)
        state = Mutex(
            State(
                work: FairDispatch(FairShares(capacity: options.connections, reserve: options.reserve)),
                shares: NodeShares(nodes: nodes, connections: options.connections)
            )
        )
        let connected = ConnectionCount()
        self.connected = connected
        for _ in 0..<options.connections {
            ended.enter()
            let thread = Thread { [self] in
                Thread.current.name = "postgres"
                serve(PoolThread(location, session: session, health: health, nodes: nodes, connected: connected))
                ended.leave()
            }
            thread.start()
        }
        nodes?.whenUnavailable { [weak self] in self?.refuseUnavailable() }
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
            attempt(for: organisation, nil, within: statementTimeout, body) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }

    /// Attempts work until it is completed.
    private func attempt<Result: Sendable>(
        for organisation: OrganisationID,
        _ attempts: Attempts?,
        after delay: Duration? = nil,
        within statementTimeout: Duration?,
        _ body: @escaping @Sendable (Connection) throws -> Result,
        _ complete: @escaping @Sendable (Swift.Result<Result, StoreError>) -> Void
    ) {
        submit(for: organisation, after: delay) { [self] thread in
            switch thread {
            case .success(let thread):
                // The limit of the attempts does not include the wait for a connection.
                var attempts = attempts ?? Attempts()
                switch thread.attempt(for: organisation, &attempts, within: statementTimeout, body) {
                case .completed(let result): complete(result)
                case .retry(let delay):
                    attempt(for: organisation, attempts, after: delay, within: statementTimeout, body, complete)
                }
            case .failure(let refusal): complete(.failure(refusal))
            }
        }
    }

    /// Runs a job on one of the threads, and passes the thread to it; see ``perform(for:within:_:)``.
    ///
    /// - Parameters:
    ///   - organisation: the organisation whose share the job uses
    ///   - delay: the time after which the job is submitted; `nil` for at once
    ///   - job: the job, which is also called if it is refused
    func submit(
        for organisation: OrganisationID,
        after delay: Duration? = nil,
        _ job: @escaping @Sendable (Result<PoolThread, StoreError>) -> Void
    ) {
        if let delay {
            DispatchQueue.global().asyncAfter(deadline: .now() + (delay / .seconds(1))) { [self] in
                submit(for: organisation, job)
            }
            return
        }
        let isUnavailable = nodes?.isUnavailable(organisation) ?? false
        var (wakes, startsTimer) = (false, false)
        let refusal = state.withLock { state -> StoreError? in
            if state.isClosed { return .unavailable(.closed, detail: "the connection pool is closed") }
            if isUnavailable { return ClusterNodes.nodeUnavailable(organisation).storeError }
            if state.work.count >= options.maxWaiting {
                return .unavailable(.overloaded, detail: "the connection pool is full")
            }
            if !state.breakers.admits(organisation, at: .now) { return Self.timedOutBefore }
            state.work.append((job, .now), for: organisation)
            (wakes, startsTimer) = (state.wake(), !state.hasTimer)
            state.hasTimer = true
            return nil
        }
        if wakes { signal.signal() }
        if startsTimer { refuseLate(after: options.waitTimeout) }
        if let refusal { job(.failure(refusal)) }
    }

    /// Refuses work that has waited too long: no thread takes it while others of its organisation or node run.
    private func refuseLate(after delay: Duration) {
        DispatchQueue.global().asyncAfter(deadline: .now() + (delay / .seconds(1))) { [self] in
            let (late, continues) = state.withLock { state in
                var late: [Job] = []
                while let work = state.work.removeFirst(where: { .now - $0.since > options.waitTimeout }) {
                    late.append(work.job)
                }
                state.hasTimer = state.work.count > 0
                return (late, state.hasTimer)
            }
            for job in late { job(.failure(Self.late)) }
            if continues { refuseLate(after: .milliseconds(250)) }
        }
    }

    private static let late = StoreError.unavailable(
        .overloaded,
        detail: "no connection was free within the timeout"
    )

    private static let timedOutBefore = StoreError.unavailable(
        .overloaded,
        detail: "an earlier statement of the organisation timed out"
    )

    /// Returns why work of an organisation is refused now; `nil` if it may be submitted.
    ///
    /// Unlike ``submit(for:after:_:)``, it does not count as the one piece of work that may try after a timeout.
    func refusal(for organisation: OrganisationID) -> StoreError? {
        if nodes?.isUnavailable(organisation) ?? false { return ClusterNodes.nodeUnavailable(organisation).storeError }
        return state.withLock { $0.breakers.refuses(organisation, at: .now) } ? Self.timedOutBefore : nil
    }

    /// Records how the last work of a thread ended, for the breaker of its organisation; does nothing a second time.
    func recordEnd(of thread: PoolThread, for organisation: OrganisationID) {
        guard let end = thread.takeEnd() else { return }
        let hasTimedOut = options.refusesAfter.contains(end)
        state.withLock { $0.breakers.record(hasTimedOut, of: organisation, at: .now) }
    }

    /// Refuses the jobs that wait for nodes that are unavailable.
    private func refuseUnavailable() {
        let dropped = state.withLock { state in
            state.work.removeAll { nodes?.isUnavailable($0) ?? false }.map(\.job)
        }
        for job in dropped { job(.failure(.unavailable(.unreachable, detail: "a database node became unavailable"))) }
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
            guard state.needsThread, let first = state.work.first else { return false }
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
                let next = state.next()
                if next == nil, !state.isClosed { state.work.sleep() }
                return (next, state.wake(), state.isClosed)
            }
            if wakes { signal.signal() }
            if let next {
                let isLate = .now - next.since > options.waitTimeout
                next.job(isLate ? .failure(Self.late) : .success(thread))
                recordEnd(of: thread, for: next.organisation)
                let wakes = state.withLock { state in
                    state.finish(next)
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
