import SendLogCore
import Synchronization

/// A cache of campaign numbers, which never change once they are committed.
final class CampaignNumberCache: Sendable {
    struct Key: Hashable {
        let organisation: OrganisationID
        let campaign: CampaignID
    }

    private struct State {
        var committed: [Key: Int64] = [:]
        var uncommitted: [Key: Int64] = [:]
    }

    private static let maxCount = 200_000
    private let state = Mutex(State())

    func number(for key: Key) -> Int64? { state.withLock { $0.committed[key] ?? $0.uncommitted[key] } }

    func insert(_ number: Int64, for key: Key) { state.withLock { $0.uncommitted[key] = number } }

    /// Keeps the numbers of the current transaction, after its commit.
    func commit() {
        state.withLock { state in
            if state.uncommitted.isEmpty { return }
            if state.committed.count > Self.maxCount { state.committed = [:] }
            state.committed.merge(state.uncommitted) { $1 }
            state.uncommitted = [:]
        }
    }

    /// Discards the numbers of the current transaction, because the rollback also removes the campaigns that it added.
    func rollBack() {
        state.withLock { $0.uncommitted = [:] }
    }
}
