import SendLogCore
import SendLogScheduling
import Synchronization

/// A pool of read-only connections; one reader at a time uses a connection.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [Connection]
        var waiting = FairQueue<UnsafeContinuation<Connection?, Never>>()
        var isClosed = false
    }

    /// The maximum number of readers that wait for a connection; the pool rejects more.
    private static let maxWaiting = 4096

    private let state: Mutex<State>
    /// The thread pool for scans.
    private let threads: FairThreadPool
    private let watch: FileWatch

    init(_ connections: [Connection], watch: FileWatch, threads: FairThreadPool) {
        state = Mutex(State(idle: connections))
        self.watch = watch
        self.threads = threads
    }

    /// Reads one or two rows on the caller's executor; suspends until a connection is idle.
    func pointRead<Result>(_ body: (Connection) throws -> Result) async throws(StoreError) -> Result {
        try read(try await acquire(for: .server), body)
    }

    /// Reads one or two rows on the caller's thread, or returns `nil` if no connection is idle.
    ///
    /// A snapshot stays open for further such reads, until ``endSnapshots()``.
    func pointReadIfIdle<Result>(_ body: (Connection) throws -> Result) throws(StoreError) -> Result? {
        guard let connection = idle() else { return nil }
        return try read(connection) { try $0.sharedSnapshot.read(on: $0, body) }
    }

    /// Ends the snapshots of idle connections.
    func endSnapshots() {
        while let connection = state.withLock({ state in
            state.idle.lastIndex { $0.sharedSnapshot.isOpen }.map { state.idle.remove(at: $0) }
        }) {
            endSnapshot(of: connection)
            release(connection)
        }
    }

    private func close(_ connection: Connection) {
        endSnapshot(of: connection)
        try? connection.close()
    }

    /// Ends a connection's snapshot, which does not fail: a transaction that only reads has nothing to save.
    private func endSnapshot(of connection: Connection) { try? connection.sharedSnapshot.end(on: connection) }

    /// Reads a snapshot, for any length of time, on a thread of the thread pool.
    ///
    /// A caller that is already on the organisation's executor stays on its thread.
    ///
    /// - Parameters:
    ///   - organisation: the organisation that the scan belongs to
    ///   - body: reads from the connection
    /// - Returns: the result of `body`.
    /// - Throws: ``StoreError``, from the pool or from `body`.
    func scan<Result>(
        for organisation: OrganisationID,
        _ body: (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await withTaskExecutorPreference(threads.executor(for: organisation)) { () async throws(StoreError) in
            try read(try await acquire(for: organisation)) { try $0.snapshot(body) }
        }
    }

    private func read<Result>(
        _ connection: Connection,
        _ body: (Connection) throws -> Result
    ) throws(StoreError) -> Result {
        defer { release(connection) }
        try watch.throwIfReplaced()
        do { return try body(connection) } catch { throw StoreError(error) }
    }

    /// Rejects new and waiting readers, and closes each connection as soon as it is idle.
    func close() {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return (state.idle, state.waiting.removeAll())
        }
        for continuation in waiting { continuation.resume(returning: nil) }
        for connection in idle { close(connection) }
    }

    private func idle() -> Connection? { state.withLock { $0.isClosed ? nil : $0.idle.popLast() } }

    private func acquire(for organisation: OrganisationID) async throws(StoreError) -> Connection {
        if let idle = idle() {
            endSnapshot(of: idle)
            return idle
        }
        let mayWait = state.withLock { !$0.isClosed && $0.waiting.count < Self.maxWaiting }
        guard mayWait else {
            throw .unavailable(isClosed ? .closed : .overloaded, detail: "all readers are busy")
        }
        let connection = await withUnsafeContinuation { continuation in
            let answer: Connection?? = state.withLock { state in
                if state.isClosed { return .some(nil) }
                if let idle = state.idle.popLast() { return idle }
                state.waiting.append(continuation, for: organisation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard let connection else { throw .unavailable(.closed, detail: "the readers were closed") }
        endSnapshot(of: connection)
        return connection
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func release(_ connection: Connection) {
        let (next, closes) = state.withLock { state in
            if let next = state.waiting.next()?.element { return (Optional(next), false) }
            if !state.isClosed { state.idle.append(connection) }
            return (nil, state.isClosed)
        }
        next?.resume(returning: connection)
        if closes { close(connection) }
    }
}
