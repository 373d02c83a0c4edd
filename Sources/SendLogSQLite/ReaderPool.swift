import DequeModule
import Dispatch
import GRDB
import SendLogCore
import Synchronization

/// Lends read-only connections, one reader a connection at a time.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [DatabaseQueue]
        var waiting: Deque<CheckedContinuation<DatabaseQueue?, Never>> = []
        var isClosed = false
    }

    /// How many readers may wait before more are turned away.
    private static let mostWaiting = 4096

    private let state: Mutex<State>
    private let threads = DispatchQueue(label: "sendlog.sqlite.readers", attributes: .concurrent)

    init(_ connections: [DatabaseQueue]) {
        state = Mutex(State(idle: connections))
    }

    /// Reads a row or two where the caller stands; waits elsewhere for a connection if none is idle.
    func point<Result: Sendable>(
        _ body: (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        let connection = try await lease()
        defer { giveBack(connection) }
        do { return try connection.unsafeRead(body) } catch { throw StoreError(error) }
    }

    /// Reads as of one moment, for as long as it takes, on a thread that may block.
    func scan<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        let connection = try await lease()
        let result: Swift.Result<Result, StoreError> = await withCheckedContinuation { continuation in
            threads.async {
                let result = Self.snapshot(connection, body)
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

    private static func snapshot<Result>(
        _ connection: DatabaseQueue,
        _ body: (Database) throws -> Result
    ) -> Swift.Result<Result, StoreError> {
        Swift.Result {
            var result: Result?
            try connection.unsafeRead { database in
                try database.inTransaction(.deferred) {
                    result = try body(database)
                    return .commit
                }
            }
            guard let result else { throw StoreError.damaged(detail: "a read transaction ended without a result") }
            return result
        }.mapError { StoreError($0) }
    }

    private func lease() async throws(StoreError) -> DatabaseQueue {
        let idle = state.withLock { $0.isClosed ? nil : $0.idle.popLast() }
        if let idle { return idle }
        let mayWait = state.withLock { !$0.isClosed && $0.waiting.count < Self.mostWaiting }
        guard mayWait else {
            throw .unavailable(isClosed ? .closed : .overloaded, detail: "no reader is idle")
        }
        let connection = await withCheckedContinuation { continuation in
            let answer: DatabaseQueue?? = state.withLock { state in
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

    private func giveBack(_ connection: DatabaseQueue) {
        let (next, closes) = state.withLock { state in
            if let next = state.waiting.popFirst() { return (Optional(next), false) }
            if !state.isClosed { state.idle.append(connection) }
            return (nil, state.isClosed)
        }
        next?.resume(returning: connection)
        if closes { try? connection.close() }
    }
}
