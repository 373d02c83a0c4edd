import Dispatch
import Foundation
import SendLogCore
import SendLogScheduling
import Synchronization

/// A bounded number of threads, each with a connection of its own, in fair shares for organisations.
///
/// libpq's calls block, which the threads that serve requests must not. Connections are made when they are first needed and again when
/// they broke; work that a broken connection spoilt is repeated on a new one, since all work may be done twice.
final class ConnectionPool: Sendable {
    /// How a pool works.
    struct Options {
        /// How many connections there are at most.
        var connections: Int
        /// How long work may wait for a connection, and a statement for a lock.
        var patience: Duration
        /// How much work may wait.
        var mostWaiting = 4096
        /// What of the connections an organisation leaves free for others.
        var reserve = FairShares.Reserve.nothing
        /// Whether work that waits when the pool is closed is still done.
        var finishesWaiting = false
    }

    /// Runs when a thread is free, or to be told why it cannot run.
    private typealias Job = @Sendable (Result<PoolThread, StoreError>) -> Void

    private struct State {
        var work: FairDispatch<(job: Job, since: ContinuousClock.Instant)>
        var isClosed = false

        /// - Returns: whether to send a signal.
        mutating func wake() -> Bool { work.needsThread && work.wake() }
    }

    private let state: Mutex<State>
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()
    private let options: Options
    /// How many threads have a connection.
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

    /// Does a piece of work when a connection is free.
    ///
    /// - Parameters:
    ///   - organisation: whose work it is
    ///   - limit: how long each of its statements may take
    ///   - body: the work, which may be repeated on another connection
    /// - Returns: what the work returns.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` where no connection is to be had in time; what the work throws.
    func perform<Result: Sendable>(
        for organisation: OrganisationID,
        within limit: Duration?,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        let result: Swift.Result<Result, StoreError> = await withUnsafeContinuation { continuation in
            submit(for: organisation) { thread in
                switch thread {
                case .success(let thread): continuation.resume(returning: thread.perform(within: limit, body))
                case .failure(let refusal): continuation.resume(returning: .failure(refusal))
                }
            }
        }
        return try result.get()
    }

    /// Does a piece of work on one of the threads, which is handed to it; see ``perform(for:within:_:)``.
    func submit(
        for organisation: OrganisationID,
        _ job: @escaping @Sendable (Result<PoolThread, StoreError>) -> Void
    ) {
        let (refusal, wakes) = state.withLock { state -> (Unavailability?, Bool) in
            if state.isClosed { return (.closed, false) }
            if state.work.count >= options.mostWaiting { return (.overloaded, false) }
            state.work.append((job, .now), for: organisation)
            return (nil, state.wake())
        }
        if wakes { signal.signal() }
        if let refusal {
            job(.failure(.unavailable(refusal, detail: "the connections to the database refused")))
        }
    }

    /// Turns new work away, and waits for what is being done.
    func close() {
        let (dropped, sleeping) = state.withLock { state -> ([Job], Int) in
            state.isClosed = true
            var sleeping = 0
            while state.work.wake() { sleeping += 1 }
            return (options.finishesWaiting ? [] : state.work.removeAll().map(\.job), sleeping)
        }
        for job in dropped { job(.failure(.unavailable(.closed, detail: "the connections were closed"))) }
        for _ in 0..<sleeping { signal.signal() }
        ended.wait()
    }

    /// Whether work waits that may be done, and is not refused for having waited too long.
    private var hasWork: Bool {
        state.withLock { state in
            guard state.work.needsThread, let first = state.work.first else { return false }
            return .now - first.since <= options.patience
        }
    }

    /// Runs one thread until the pool is closed.
    private func serve(_ thread: PoolThread) {
        while true {
            // If the server takes no more connections, the threads that have one do the work.
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
                let isLate = .now - work.since > options.patience
                work.job(
                    isLate
                        ? .failure(.unavailable(.overloaded, detail: "no connection was free in time"))
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
