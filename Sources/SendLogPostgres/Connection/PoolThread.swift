import Foundation
import SendLogCore
import Synchronization

/// A thread of a pool, with its connection.
///
/// It never leaves the thread: jobs are called there one by one.
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

    /// How often a piece of work is tried, and for how long it is begun again.
    private static let most = (tries: 4, time: Duration.seconds(2))

    init(_ location: PostgresLocation, session: String, health: ServerHealth, connected: ConnectionCount) {
        self.location = location
        self.session = session
        self.health = health
        self.connected = connected
    }

    /// Whether there is a connection, as far as is known.
    var isConnected: Bool { connection != nil }

    /// Makes a connection where there is none.
    ///
    /// - Returns: whether there is one.
    func connect() -> Bool { (try? lease()) != nil }

    /// Does a piece of work, again on a new connection where the one it had failed it.
    func perform<Result>(
        within limit: Duration?,
        _ body: (Connection) throws -> Result
    ) -> Swift.Result<Result, StoreError> {
        let begin = ContinuousClock.now
        var (tries, isInDoubt) = (0, false)
        while true {
            var hasBegun = false
            do {
                let connection = try lease()
                (connection.limit, connection.isRepeating) = (limit, isInDoubt)
                hasBegun = true
                defer { leave(connection) }
                return .success(try body(connection))
            } catch let failure as PostgresFailure {
                if hasBegun, failure.leavesDoubt { isInDoubt = true }
                if failure.spoilsConnection {
                    connection = nil
                    if hasBegun { health.noteLoss() }
                }
                tries += 1
                guard failure.isPassing, tries < Self.most.tries, .now - begin < Self.most.time else {
                    return .failure(failure.storeError)
                }
                // Not all at the same moment.
                Thread.sleep(forTimeInterval: Double.random(in: 0.01...0.06) * Double(1 << tries))
            } catch {
                return .failure(StoreError(error))
            }
        }
    }

    private func lease() throws(PostgresFailure) -> Connection {
        // Where one connection broke the others are likely to be as dead, and to tell it late.
        if let connection, connection.madeAt > health.lastLoss { return connection }
        connection = nil
        if let failure = health.recentFailure { throw failure }
        do {
            let new = try Connection(location, session: session)
            connection = new
            return new
        } catch {
            health.note(error)
            throw error
        }
    }

    /// Leaves the connection as it was found, or not at all.
    private func leave(_ used: Connection) {
        if used.isInTransaction { try? used.run("ROLLBACK") }
        if !used.isIdle { connection = nil }
    }
}

/// How many threads of a pool have a connection.
final class ConnectionCount: Sendable {
    private let count = Atomic(0)

    var isPositive: Bool { count.load(ordering: .relaxed) > 0 }

    func add(_ change: Int) {
        count.add(change, ordering: .relaxed)
    }
}

/// What the threads of all pools know of the server together, so that not each must find out for itself that it is away.
final class ServerHealth: Sendable {
    private let failure = Mutex<(PostgresFailure, ContinuousClock.Instant)?>(nil)
    private let loss = Mutex(ContinuousClock.now)

    /// Why nobody could connect a moment ago.
    var recentFailure: PostgresFailure? {
        failure.withLock { failure in
            guard let (reason, moment) = failure, .now - moment < .milliseconds(100) else { return nil }
            return reason
        }
    }

    /// When a connection broke last.
    var lastLoss: ContinuousClock.Instant { loss.withLock { $0 } }

    func note(_ reason: PostgresFailure) {
        failure.withLock { $0 = (reason, .now) }
    }

    func noteLoss() {
        loss.withLock { $0 = .now }
    }
}
