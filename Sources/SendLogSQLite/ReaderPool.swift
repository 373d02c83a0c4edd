import DequeModule
import Dispatch
import SendLogCore
import Synchronization

/// Lends read-only connections, one reader a connection at a time.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [Connection]
        var waiting: Deque<UnsafeContinuation<Connection?, Never>> = []
        var isClosed = false
    }

    /// How many readers may wait before more are turned away.
    private static let mostWaiting = 4096

    private let state: Mutex<State>
    private let threads = DispatchQueue(label: "sendlog.sqlite.readers", attributes: .concurrent)

    init(_ connections: [Connection]) {
        state = Mutex(State(idle: connections))
    }

    /// Reads a row or two where the caller stands; waits elsewhere for a connection if none is idle.
    func point<Result: Sendable>(
        _ body: (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try read(try await lease(), body)
    }

    /// Reads a row or two where the caller stands, if a connection is idle.
    func pointAtOnce<Result>(_ body: (Connection) throws -> Result) throws(StoreError) -> Result? {
        guard let connection = idle() else { return nil }
        return try read(connection, body)
    }

    private func read<Result>(
        _ connection: Connection,
        _ body: (Connection) throws -> Result
    ) throws(StoreError) -> Result {
        defer { giveBack(connection) }
        do { return try body(connection) } catch { throw StoreError(error) }
    }

    /// Reads as of one moment, for as long as it takes, on a thread that may block.
    func scan<Result: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        let connection = try await lease()
        let result: Swift.Result<Result, StoreError> = await withUnsafeContinuation { continuation in
            threads.async {
                let result = Swift.Result { try connection.snapshot(body) }.mapError { StoreError($0) }
                self.giveBack(connection)
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    /// Turns new readers away, and closes the connections as they come back.
    func close() {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiting) = ([], []) }
            return (state.idle, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: nil) }
        for connection in idle { try? connection.close() }
    }

    private func idle() -> Connection? { state.withLock { $0.isClosed ? nil : $0.idle.popLast() } }

    private func lease() async throws(StoreError) -> Connection {
        if let idle = idle() { return idle }
        let mayWait = state.withLock { !$0.isClosed && $0.waiting.count < Self.mostWaiting }
        guard mayWait else {
            throw .unavailable(isClosed ? .closed : .overloaded, detail: "no reader is idle")
        }
        let connection = await withUnsafeContinuation { continuation in
            let answer: Connection?? = state.withLock { state in
                if state.isClosed { return .some(nil) }
                if let idle = state.idle.popLast() { return idle }
                state.waiting.append(continuation)
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
            if let next = state.waiting.popFirst() { return (Optional(next), false) }
            if !state.isClosed { state.idle.append(connection) }
            return (nil, state.isClosed)
        }
        next?.resume(returning: connection)
        if closes { try? connection.close() }
    }
}
