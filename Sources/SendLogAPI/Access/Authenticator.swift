public import SendLogCore
import Synchronization

/// Finds out whose key a request brings, and remembers it for a moment.
///
/// A key that is revoked here is refused at once; one that is revoked elsewhere, when what is remembered grows too old.
public final class Authenticator: Sendable {
    private struct Entry {
        let key: APIKey
        let readAt: ContinuousClock.Instant
    }

    private struct Known {
        var entries: [[UInt8]: Entry] = [:]
        /// How many keys were revoked here: what was read before the last one may be out of date.
        var revocations = 0
    }

    private static let most = 100_000

    private let directory: any Directory
    private let trust: Duration
    private let known = Mutex(Known())
    private let uses = Mutex<[APIKeyID: Timestamp]>([:])

    /// Makes an authenticator.
    ///
    /// - Parameters:
    ///   - directory: where the keys are
    ///   - trust: for how long a key is taken for what it was when it was read
    public init(directory: any Directory, trust: Duration) {
        self.directory = directory
        self.trust = trust
    }

    /// The key that an `Authorization` header brings.
    ///
    /// - Throws: ``StoreError`` where the database cannot say; ``APIError/unauthorized`` for all that is no valid key.
    func key(authorization: String?, at now: Timestamp) async throws -> APIKey {
        guard let text = authorization.flatMap(Self.bearer).flatMap({ KeyText($0) }) else {
            throw APIError.unauthorized
        }
        let hash = text.hash
        let instant = ContinuousClock.now
        let entry = known.withLock { $0.entries[hash] }
        let key: APIKey
        if let entry, instant - entry.readAt < trust {
            key = entry.key
        } else {
            key = try await read(hash, at: instant)
        }
        guard key.isValid(at: now) else { throw APIError.unauthorized }
        uses.withLock { $0[key.id] = now }
        return key
    }

    /// Ends a key, for this server at once.
    ///
    /// - Returns: the key as it is now.
    /// - Throws: what the directory throws.
    public func revoke(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        let key = try await directory.revokeKey(id, in: organisation, at: now)
        known.withLock { known in
            known.revocations += 1
            known.entries = known.entries.filter { $0.value.key.id != id }
        }
        return key
    }

    /// Writes down when keys were last used, since the last time that this was called.
    ///
    /// - Throws: what the directory throws; then it is written the next time.
    public func writeUses() async throws(StoreError) {
        let taken = uses.withLock { uses in
            defer { uses = [:] }
            return uses
        }
        do {
            try await directory.noteUse(of: taken)
        } catch {
            uses.withLock { $0.merge(taken) { newer, _ in newer } }
            throw error
        }
    }

    private func read(_ hash: [UInt8], at instant: ContinuousClock.Instant) async throws -> APIKey {
        let revocations = known.withLock { $0.revocations }
        // The database compares the first bytes of the hash only; the rest is compared without telling by time.
        let found = try await directory.keys(hashPrefix: Array(hash.prefix(8)))
            .first { ConstantTime.areEqual($0.hash, hash) }
        guard let key = found?.key else { throw APIError.unauthorized }
        known.withLock { known in
            guard known.revocations == revocations else { return }
            if known.entries.count >= Self.most { known.entries = [:] }
            known.entries[hash] = Entry(key: key, readAt: instant)
        }
        return key
    }

    private static func bearer(_ header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1].drop { $0 == " " })
    }
}
