import DequeModule
import Dispatch
import Foundation
import SendLogCore
import Synchronization

/// A bounded number of threads, each with a connection of its own, that take work in the order in which it came.
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
        /// Whether work that waits when the pool is closed is still done.
        var finishesWaiting = false
    }

    /// Runs when a thread is free, or to be told why it cannot run.
    private typealias Job = @Sendable (Result<PoolThread, StoreError>) -> Void

    private struct State {
        var waiting: Deque<(job: Job, since: ContinuousClock.Instant)> = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()
    private let options: Options
    /// How many threads have a connection.
    private let connected: ConnectionCount

    init(_ location: PostgresLocation, session: String, health: ServerHealth, options: Options) {
        self.options = options
        let connected = ConnectionCount()
        self.connected = connected
        for _ in 0..<options.connections {
            ended.enter()
            let thread = Thread { [self] in
                serve(PoolThread(location, session: session, health: health, connected: connected))
                ended.leave()
            }
            thread.name = "sendlog-postgres"
            thread.start()
        }
    }

    /// Does a piece of work when a connection is free.
    ///
    /// - Parameters:
    ///   - limit: how long each of its statements may take
    ///   - body: the work, which may be repeated on another connection
    /// - Returns: what the work returns.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` where no connection is to be had in time; what the work throws.
    func perform<Result: Sendable>(
        within limit: Duration?,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        let result: Swift.Result<Result, StoreError> = await withUnsafeContinuation { continuation in
            submit { thread in
                switch thread {
                case .success(let thread): continuation.resume(returning: thread.perform(within: limit, body))
                case .failure(let refusal): continuation.resume(returning: .failure(refusal))
                }
            }
        }
        return try result.get()
    }

    /// Does a piece of work on one of the threads, which is handed to it; see ``perform(within:_:)``.
    func submit(_ job: @escaping @Sendable (Result<PoolThread, StoreError>) -> Void) {
        let refusal = state.withLock { state -> Unavailability? in
            if state.isClosed { return .closed }
            if state.waiting.count >= options.mostWaiting { return .overloaded }
            state.waiting.append((job, .now))
            return nil
        }
        if let refusal {
            job(.failure(.unavailable(refusal, detail: "the connections to the database refused")))
        } else {
            work.signal()
        }
    }

    /// Turns new work away, and waits for what is being done.
    func close() {
        let dropped = state.withLock { state -> [Job] in
            state.isClosed = true
            if options.finishesWaiting { return [] }
            defer { state.waiting = [] }
            return state.waiting.map(\.job)
        }
        for job in dropped { job(.failure(.unavailable(.closed, detail: "the connections were closed"))) }
        for _ in 0..<options.connections { work.signal() }
        ended.wait()
    }

    /// Whether something waits that need not be turned away yet.
    private var hasWork: Bool {
        state.withLock { $0.waiting.first.map { .now - $0.since <= options.patience } ?? false }
    }

    /// One thread's life.
    private func serve(_ thread: PoolThread) {
        while true {
            work.wait()
            // Where the server takes no more connections, those there are do the work.
            if !thread.isConnected, connected.isPositive, hasWork {
                work.signal()
                if !thread.connect() {
                    Thread.sleep(forTimeInterval: 0.1)
                    continue
                }
                work.wait()
            }
            let (next, isClosed) = state.withLock { ($0.waiting.popFirst(), $0.isClosed) }
            if let (job, since) = next {
                let isLate = .now - since > options.patience
                job(
                    isLate
                        ? .failure(.unavailable(.overloaded, detail: "no connection was free in time"))
                        : .success(thread)
                )
            } else if isClosed {
                return
            }
        }
    }
}
