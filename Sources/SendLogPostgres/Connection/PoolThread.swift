import Foundation
import SendLogCore

/// A thread of a pool, with its connection.
///
/// The object stays on its thread, which runs one job at a time.
final class PoolThread {
    private let location: PostgresLocation
    private let session: String
    private let health: ServerHealth
    private let connected: ConnectionCount
    /// The nodes of a Citus cluster; `nil` on plain PostgreSQL.
    private let nodes: ClusterNodes?
    /// How the last work ended; `nil` if none ran since ``takeEnd()``.
    private var end: End?
    private var connection: Connection? {
        didSet {
            if (oldValue == nil) != (connection == nil) { connected.add(connection == nil ? -1 : 1) }
        }
    }

    init(
        _ location: PostgresLocation,
        session: String,
        health: ServerHealth,
        nodes: ClusterNodes?,
        connected: ConnectionCount
    ) {
        (self.location, self.session) = (location, session)
        (self.health, self.nodes, self.connected) = (health, nodes, connected)
    }

    /// Whether the thread has a connection that is not known to be broken.
    var isConnected: Bool { connection != nil }

    /// Connects if the thread has no connection.
    ///
    /// - Returns: whether the thread has a connection.
    func connect() -> Bool { (try? acquire()) != nil }

    /// How work ended, for the pool.
    enum End {
        /// With a result or an error.
        case answered
        /// Another session held a lock for too long.
        case lockTimeout
        /// A statement took too long.
        case timeout
    }

    /// The outcome of an attempt.
    enum Outcome<Result> {
        /// The work succeeded, or failed for good.
        case completed(Swift.Result<Result, StoreError>)
        /// The next attempt may begin after a delay, on any thread.
        case retry(after: Duration)
    }

    /// Attempts work, and immediately once more after a failure that an immediate retry may resolve.
    ///
    /// - Parameters:
    ///   - organisation: the organisation whose rows the work reads or writes
    ///   - attempts: the attempts so far, which are counted
    ///   - statementTimeout: the time that each statement of the work may take; `nil` for no limit
    ///   - body: the work
    /// - Returns: the outcome.
    func attempt<Result>(
        for organisation: OrganisationID,
        _ attempts: inout Attempts,
        within statementTimeout: Duration?,
        _ body: (Connection) throws -> Result
    ) -> Outcome<Result> {
        while true {
            var (used, hasBegun): (Connection?, Bool) = (nil, false)
            do {
                let connection = try acquire()
                (connection.statementTimeout, connection.isRetry) = (statementTimeout, attempts.isOutcomeUnknown)
                used = connection
                defer { reset(connection) }
                func work(_ connection: Connection) throws -> Result {
                    hasBegun = true
                    return try body(connection)
                }
                let result = try nodes?.run(for: organisation, on: connection, work) ?? work(connection)
                end = .answered
                return .completed(.success(result))
            } catch let failure as PostgresFailure {
                end = failure.isLockTimeout ? .lockTimeout : failure.isTimeout ? .timeout : .answered
                if let used { discard(used, after: failure) }
                let jitter = Double.random(in: 0...1)
                switch attempts.next(after: failure, hasBegun: hasBegun, at: .now, jitter: jitter) {
                case .now: continue
                case .later(let delay): return .retry(after: delay)
                case .never:
                    if failure.isFromNode { nodes?.recordFailure(of: organisation) }
                    return .completed(.failure(failure.storeError))
                }
            } catch {
                end = .answered
                return .completed(.failure(StoreError(error)))
            }
        }
    }

    /// Returns how the last work ended, and forgets it; `nil` if none ran.
    func takeEnd() -> End? {
        defer { end = nil }
        return end
    }

    /// Discards a connection if a failure requires it.
    private func discard(_ used: Connection, after failure: PostgresFailure) {
        let isStandby = failure.state == "25006" && used.isReadOnly
        guard failure.invalidatesConnection || isStandby else { return }
        if [.timedOut, .interrupted].contains(failure.kind) { used.cancel() }
        connection = nil
        // A node that does not answer says nothing about the server of the connections.
        if failure.kind != .interrupted { health.recordDisconnection() }
    }

    private func acquire() throws(PostgresFailure) -> Connection {
        // If one connection broke, older connections are probably dead too, and would fail late.
        if let connection, connection.createdAt > health.lastDisconnection { return connection }
        connection = nil
        if let failure = health.recentFailure { throw failure }
        do {
            let new = try Connection(location, session: session)
            connection = new
            return new
        } catch {
            health.record(error)
            throw error
        }
    }

    /// Rolls back an open transaction, and drops a connection that is still not idle.
    private func reset(_ used: Connection) {
        if used.isInTransaction { try? used.run("ROLLBACK") }
        if !used.isIdle { connection = nil }
    }
}
