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
    private var connection: Connection? {
        didSet {
            if (oldValue == nil) != (connection == nil) { connected.add(connection == nil ? -1 : 1) }
        }
    }

    /// The maximum number of attempts of a piece of work, and the time after which no new attempt begins.
    private static let retryLimit = (tries: 4, time: Duration.seconds(2))

    init(_ location: PostgresLocation, session: String, health: ServerHealth, connected: ConnectionCount) {
        self.location = location
        self.session = session
        self.health = health
        self.connected = connected
    }

    /// Whether the thread has a connection that is not known to be broken.
    var isConnected: Bool { connection != nil }

    /// Connects if the thread has no connection.
    ///
    /// - Returns: whether the thread has a connection.
    func connect() -> Bool { (try? acquire()) != nil }

    /// Runs work, and repeats it on a new connection after a transient failure.
    func perform<Result>(
        within statementTimeout: Duration?,
        _ body: (Connection) throws -> Result
    ) -> Swift.Result<Result, StoreError> {
        let begin = ContinuousClock.now
        var (tries, isOutcomeUnknown) = (0, false)
        while true {
            var hasBegun = false
            do {
                let connection = try acquire()
                (connection.statementTimeout, connection.isRetry) = (statementTimeout, isOutcomeUnknown)
                hasBegun = true
                defer { reset(connection) }
                return .success(try body(connection))
            } catch let failure as PostgresFailure {
                if hasBegun, failure.isOutcomeUnknown { isOutcomeUnknown = true }
                if failure.invalidatesConnection {
                    connection = nil
                    if hasBegun { health.recordDisconnection() }
                }
                tries += 1
                guard failure.isTransient, tries < Self.retryLimit.tries, .now - begin < Self.retryLimit.time else {
                    return .failure(failure.storeError)
                }
                // A random delay, so that threads do not all retry at the same moment.
                Thread.sleep(forTimeInterval: Double.random(in: 0.01...0.06) * Double(1 << tries))
            } catch {
                return .failure(StoreError(error))
            }
        }
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
