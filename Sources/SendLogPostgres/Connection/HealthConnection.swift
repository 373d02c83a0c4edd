import Dispatch
import SendLogCore
import Synchronization

/// Checks whether the database answers, on a connection that no other work uses.
///
/// Concurrent checks share one statement. A check fails as soon as the statement fails, and after 0.9 s without a
/// result, so that a load balancer learns of it within a second.
final class HealthConnection: Sendable {
    private static let timeout = 0.9
    private static let statement = "SELECT 1 FROM sendlog_schema"
    private static let noResult = StoreError.unavailable(.unreachable, detail: "the database does not answer")

    private typealias Waiter = UnsafeContinuation<Result<Void, StoreError>, Never>

    private struct State {
        var waiting: [Int: Waiter] = [:]
        var serial = 0
        var isRunning = false
        var isClosed = false
    }

    private let location: PostgresLocation
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "postgres-health")
    /// The connection between checks.
    private let connection = Mutex<Connection?>(nil)

    init(_ location: PostgresLocation) {
        self.location = location
    }

    /// Checks that the database answers.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func check() async throws(StoreError) {
        let result = await withUnsafeContinuation { (waiter: Waiter) in
            let (number, starts) = state.withLock { state -> (Int?, Bool) in
                if state.isClosed { return (nil, false) }
                state.serial += 1
                state.waiting[state.serial] = waiter
                defer { state.isRunning = true }
                return (state.serial, !state.isRunning)
            }
            guard let number else {
                waiter.resume(returning: .failure(.unavailable(.closed, detail: "the connections are closed")))
                return
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.timeout) { [self] in
                let waiter = state.withLock { $0.waiting.removeValue(forKey: number) }
                waiter?.resume(returning: .failure(Self.noResult))
            }
            if starts { queue.async { [self] in complete(run()) } }
        }
        try result.get()
    }

    private func complete(_ result: Result<Void, StoreError>) {
        let waiters = state.withLock { state in
            defer { (state.waiting, state.isRunning) = ([:], false) }
            return Array(state.waiting.values)
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// Runs the statement, once more on a new connection if the first one was broken.
    private func run() -> Result<Void, StoreError> {
        connection.withLock { connection in
            do throws(PostgresFailure) {
                if let current = connection {
                    do throws(PostgresFailure) {
                        _ = try current.rows(Self.statement)
                        return .success(())
                    } catch {
                        connection = nil
                        if error.kind == .timedOut { throw error }
                    }
                }
                let new = try Connection(location, session: "SET statement_timeout = '5s'")
                _ = try new.rows(Self.statement)
                connection = new
                return .success(())
            } catch {
                return .failure(error.storeError)
            }
        }
    }

    /// Fails all checks from now on, and closes the connection.
    func close() {
        state.withLock { $0.isClosed = true }
        queue.async { [self] in connection.withLock { $0 = nil } }
    }
}
