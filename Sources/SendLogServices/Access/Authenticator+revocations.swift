public import SendLogCore

/// Revokes keys, also while the database cannot store it.
extension Authenticator {
    /// The result of a revocation.
    public struct Revocation: Sendable {
        /// The revoked key.
        public let key: APIKey
        /// Whether the database has stored the revocation.
        ///
        /// If not, only this server refuses the key, until it stops.
        public let isStored: Bool
    }

    /// Revokes a key; this server refuses it at once.
    ///
    /// If the database is unavailable for the change but knows the key, as Citus while one of its nodes is down, this
    /// server keeps the revocation, and ``storeRevocations()`` stores it later.
    ///
    /// - Returns: the revoked key, and whether the revocation is stored.
    /// - Throws: ``StoreError/notFound`` if the organisation has no such key; the error of the store.
    public func revoke(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> Revocation {
        guard let key = try await keyStore.keys(in: organisation).first(where: { $0.id == id }) else { throw .notFound }
        // Before it is stored: a frozen node can take its time.
        let isKept = pending.add(id, in: organisation, at: now)
        do throws(StoreError) {
            return Revocation(key: try await store(id, in: organisation, at: now), isStored: true)
        } catch {
            guard isKept, case .unavailable(let why, _) = error, why != .closed else {
                pending.remove(id)
                throw error
            }
            return Revocation(key: key.revoked(at: now), isStored: false)
        }
    }

    /// Returns a key as this server treats it: revoked if its revocation is not stored yet.
    public func current(_ key: APIKey) -> APIKey { pending.time(of: key.id).map { key.revoked(at: $0) } ?? key }

    /// Whether this server refuses a key whose revocation is not stored yet.
    public func isRevocationPending(of id: APIKeyID) -> Bool { pending.time(of: id) != nil }

    /// The keys whose revocation is not stored yet.
    public var pendingRevocations: [APIKeyID] { pending.all.map(\.id) }

    /// What became of a revocation that was not stored.
    public enum StoringResult: Equatable, Sendable {
        /// It is stored now.
        case stored(APIKeyID)
        /// It cannot be stored yet; reported once for each key.
        case failed(APIKeyID, StoreError)
        /// The key does not exist any more.
        case unknown(APIKeyID)
    }

    /// Stores the revocations that could not be stored before, until the database fails.
    ///
    /// - Returns: what is to be reported.
    public func storeRevocations() async -> [StoringResult] {
        var results: [StoringResult] = []
        for (id, revocation) in pending.all {
            do throws(StoreError) {
                _ = try await store(id, in: revocation.organisation, at: revocation.time)
                results.append(.stored(id))
            } catch {
                if error == .notFound {
                    pending.remove(id)
                    results.append(.unknown(id))
                    continue
                }
                if pending.reportFailure(id) { results.append(.failed(id, error)) }
                // Only the row of this key may be locked.
                guard case .unavailable(.locked, _) = error else { break }
            }
        }
        return results
    }

    private func store(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        let key = try await keyStore.revokeKey(id, in: organisation, at: now)
        removeFromCache(id)
        pending.remove(id)
        return key
    }
}
