import SendLogCore
import Synchronization

/// The revocations that this server carries out already, and that the database could not store yet.
final class PendingRevocations: Sendable {
    /// A revocation.
    struct Revocation: Sendable {
        let organisation: OrganisationID
        let time: Timestamp
        /// Whether a failure to store it was reported; the first one is.
        var isReported = false
    }

    /// The number of revocations that are kept.
    static let maxCount = 1000

    private let revocations = Mutex<[APIKeyID: Revocation]>([:])
    /// Lets requests look without the lock as long as there are none.
    private let count = Atomic(0)

    /// Adds a revocation, unless there are too many.
    ///
    /// - Returns: whether the key is refused from now on.
    func add(_ id: APIKeyID, in organisation: OrganisationID, at now: Timestamp) -> Bool {
        revocations.withLock { revocations in
            guard revocations[id] != nil || revocations.count < Self.maxCount else { return false }
            if revocations[id] == nil { revocations[id] = Revocation(organisation: organisation, time: now) }
            count.store(revocations.count, ordering: .releasing)
            return true
        }
    }

    func remove(_ id: APIKeyID) {
        revocations.withLock { revocations in
            revocations[id] = nil
            count.store(revocations.count, ordering: .releasing)
        }
    }

    /// Marks a failure to store a revocation as reported.
    ///
    /// - Returns: whether it was not reported before.
    func reportFailure(_ id: APIKeyID) -> Bool {
        revocations.withLock { revocations in
            guard let known = revocations[id], !known.isReported else { return false }
            revocations[id]?.isReported = true
            return true
        }
    }

    /// When a key was revoked; `nil` if it was not, or if its revocation is stored.
    func time(of id: APIKeyID) -> Timestamp? {
        if count.load(ordering: .acquiring) == 0 { return nil }
        return revocations.withLock { $0[id]?.time }
    }

    /// All revocations, in the order of their keys.
    var all: [(id: APIKeyID, revocation: Revocation)] {
        revocations.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.id.number < $1.id.number }
    }
}
