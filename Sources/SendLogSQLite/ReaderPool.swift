import SendLogCore
import SendLogScheduling
import Synchronization

/// Lends read-only connections, one reader a connection at a time.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [Connection]
        var waiting = FairQueue<UnsafeContinuation<Connection?, Never>>()
        var isClosed = false
    }

    /// How many readers may wait before more are refused.
    private static let maxWaiting = 4096

    private let state: Mutex<State>
    /// Where scans run.
    private let threads: FairThreadPool

    init(_ connections: [Connection], threads: FairThreadPool) {
        state = Mutex(State(idle: connections))
        self.threads = threads
    }

    /// Reads a row or two where the caller is; waits elsewhere for a connection if none is idle.
    func point<Result>(_ body: (Connection) throws -> Result) async throws(StoreError) -> Result {
        try read(try await lease(for: .server), body)
    }

    /// Reads a row or two where the caller is, if a connection is idle.
    func pointAtOnce<Result>(_ body: (Connection) throws -> Result) throws(StoreError) -> Result? {
        guard let connection = idle() else { return nil }
        return try read(connection, body)
    }

    /// Reads as of one moment, for as long as it takes, on a thread of the pool; where the caller is if that is one for the organisation.
    func scan<Result>(
        for organisation: OrganisationID,
        _ body: (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await withTaskExecutorPreference(threads.executor(for: organisation)) { () async throws(StoreError) in
            try read(try await lease(for: organisation)) { try $0.snapshot(body) }
        }
    }

    private func read<Result>(
        _ connection: Connection,
        _ body: (Connection) throws -> Result
    ) throws(StoreError) -> Result {
        defer { giveBack(connection) }
        do { return try body(connection) } catch { throw StoreError(error) }
    }

    /// Refuses new readers, and closes the connections as they come back.
    func close() {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return (state.idle, state.waiting.removeAll())
        }
        for continuation in waiting { continuation.resume(returning: nil) }
        for connection in idle { try? connection.close() }
    }

    private func idle() -> Connection? { state.withLock { $0.isClosed ? nil : $0.idle.popLast() } }

    private func lease(for organisation: OrganisationID) async throws(StoreError) -> Connection {
        if let idle = idle() { return idle }
        let mayWait = state.withLock { !$0.isClosed && $0.waiting.count < Self.maxWaiting }
        guard mayWait else {
            throw .unavailable(isClosed ? .closed : .overloaded, detail: "no reader is idle")
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
        return connection
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func giveBack(_ connection: Connection) {
        let (next, closes) = state.withLock { state in
            if let next = state.waiting.next()?.element { return (Optional(next), false) }
            if !state.isClosed { state.idle.append(connection) }
            return (nil, state.isClosed)
        }
        next?.resume(returning: connection)
        if closes { try? connection.close() }
    }
}
