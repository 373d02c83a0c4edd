import Foundation
import SendLogCore
import Synchronization

/// The number of a pool's threads that have a connection.
final class ConnectionCount: Sendable {
    private let count = Atomic(0)

    var isPositive: Bool { count.load(ordering: .relaxed) > 0 }

    func add(_ change: Int) {
        count.add(change, ordering: .relaxed)
    }
}
