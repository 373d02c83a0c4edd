import SendLogCore
import Synchronization

/// Remembers the numbers of campaigns, which never change once they are committed.
final class CampaignNumbers: Sendable {
    struct Key: Hashable {
        let organisation: OrganisationID
        let campaign: CampaignID
    }

    private struct State {
        var kept: [Key: Int64] = [:]
        var new: [Key: Int64] = [:]
    }

    private static let most = 200_000
    private let state = Mutex(State())

    func known(_ key: Key) -> Int64? { state.withLock { $0.kept[key] ?? $0.new[key] } }

    func found(_ number: Int64, of key: Key) { state.withLock { $0.new[key] = number } }

    /// The transaction was committed: what it found may be remembered.
    func keep() {
        state.withLock { state in
            if state.new.isEmpty { return }
            if state.kept.count > Self.most { state.kept = [:] }
            state.kept.merge(state.new) { $1 }
            state.new = [:]
        }
    }

    /// The transaction was rolled back, and with it campaigns that it added.
    func forgetNew() {
        state.withLock { $0.new = [:] }
    }
}
