import Foundation
import SendLogCore
import Synchronization

/// The server's recent failures, shared by the threads of all pools: after one thread's failed attempt, the
/// others do not repeat it at once.
final class ServerHealth: Sendable {
    private let failure = Mutex<(PostgresFailure, ContinuousClock.Instant)?>(nil)
    private let loss = Mutex(ContinuousClock.now)

    /// The reason why a thread could not connect within the last 100 ms; `nil` if none failed.
    var recentFailure: PostgresFailure? {
        failure.withLock { failure in
            guard let (reason, moment) = failure, .now - moment < .milliseconds(100) else { return nil }
            return reason
        }
    }

    /// When a connection last broke.
    var lastDisconnection: ContinuousClock.Instant { loss.withLock { $0 } }

    func record(_ reason: PostgresFailure) {
        failure.withLock { $0 = (reason, .now) }
    }

    func recordDisconnection() {
        loss.withLock { $0 = .now }
    }
}
