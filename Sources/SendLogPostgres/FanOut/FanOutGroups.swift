import SendLogCore
import Synchronization

/// The groups of organisations that statements read one after the other while a statement over all of them fails.
///
/// A statement over all organisations fails as a whole if one node is down. From its failure on, and for a while, each
/// group has a statement of its own, and a group that failed is left out for a shorter while.
final class FanOutGroups: Sendable {
    /// A group: the organisations of one node.
    struct Group: Equatable, Sendable {
        let organisations: [Int64]
        /// The key of the group's node in the pools; of all nodes on one server without nodes.
        let key: OrganisationID
        /// The group's last failure, and the time until which the group is left out.
        var failure: (reason: StoreError, end: ContinuousClock.Instant)?

        /// Creates a group that has not failed.
        init(_ organisations: [Int64], key: OrganisationID = .allNodes) {
            (self.organisations, self.key) = (organisations, key)
        }

        static func == (one: Self, two: Self) -> Bool { one.organisations == two.organisations }
    }

    private let state = Mutex<(groups: [Group], end: ContinuousClock.Instant)?>(nil)

    /// The time for which groups are used before a statement over all organisations is tried again.
    static let lifetime = Duration.seconds(30)
    /// The time for which a group that failed is left out.
    static let rest = Duration.seconds(5)

    /// Returns the groups; `nil` while statements read all organisations together.
    func groups(at now: ContinuousClock.Instant) -> [Group]? {
        state.withLock { state in
            guard let (groups, end) = state else { return nil }
            if now < end { return groups }
            state = nil
            return nil
        }
    }

    /// Begins to use groups, because a statement over all organisations failed.
    func begin(_ groups: [Group], at now: ContinuousClock.Instant) {
        state.withLock { $0 = (groups, now + Self.lifetime) }
    }

    /// Records the outcome of a group's statement; once no group fails, the groups are used no more.
    func record(_ failure: StoreError?, of group: Group, at now: ContinuousClock.Instant) {
        state.withLock { state in
            guard let index = state?.groups.firstIndex(of: group) else { return }
            state?.groups[index].failure = failure.map { ($0, now + Self.rest) }
        }
    }

    /// Ends the use of groups if none of them has failed lately.
    func endIfHealthy() {
        state.withLock { state in
            if state?.groups.allSatisfy({ $0.failure == nil }) == true { state = nil }
        }
    }
}
