public import SendLogCore
import Synchronization

/// Finds out whose key a request brings, and remembers it for a moment.
///
/// A key that is revoked here is refused at once; one that is revoked elsewhere, when what is remembered grows too old.
public final class Authenticator: Sendable {
    private struct Entry {
        let key: APIKey
        let readAt: ContinuousClock.Instant
        /// When its use was last noted, by the clock of requests.
        var usedAt: Timestamp
    }

    private struct Known {
        var entries: [KeyHash: Entry] = [:]
        /// How many keys were revoked here: what was read before the last one may be out of date.
        var revocations = 0
    }

    private static let most = 100_000

    /// The requests that brought no valid key.
    public let refusals = RefusedKeys()
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

    /// The key that an `Authorization` header brings, where it is remembered.
    ///
    /// - Returns: `nil` where the database must be asked, by ``key(authorization:at:)``.
    /// - Throws: ``APIError/unauthorized`` for what is no valid key.
    func knownKey(authorization: String?, at now: Timestamp) throws(APIError) -> APIKey? {
        guard let token = authorization.flatMap(Self.bearer) else { throw .unauthorized }
        let hash = KeyHash(of: token)
        let instant = ContinuousClock.now
        let known = known.withLock { known -> (key: APIKey, isNoted: Bool)? in
            guard let entry = known.entries[hash], instant - entry.readAt < trust else { return nil }
            let isNoted = now.milliseconds - entry.usedAt.milliseconds < 1000
            if !isNoted { known.entries[hash]?.usedAt = now }
            return (entry.key, isNoted)
        }
        guard let (key, isNoted) = known else { return nil }
        guard key.isValid(at: now) else { throw .unauthorized }
        if !isNoted { uses.withLock { $0[key.id] = now } }
        return key
    }

    /// The key that an `Authorization` header brings.
    ///
    /// - Throws: ``StoreError`` where the database cannot say; ``APIError/unauthorized`` for all that is no valid key.
    package func key(authorization: String?, at now: Timestamp) async throws -> APIKey {
        if let known = try knownKey(authorization: authorization, at: now) { return known }
        // What cannot be a key need not trouble the database.
        guard let token = authorization.flatMap(Self.bearer), KeyText(String(token)) != nil else {
            throw APIError.unauthorized
        }
        let key = try await read(KeyHash(of: token), at: .now, now)
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

    private func read(_ hash: KeyHash, at instant: ContinuousClock.Instant, _ now: Timestamp) async throws -> APIKey {
        let revocations = known.withLock { $0.revocations }
        // The database compares the first bytes of the hash only; the rest is compared without telling by time.
        let bytes = hash.bytes
        let found = try await directory.keys(hashPrefix: Array(bytes.prefix(8)))
            .first { ConstantTime.areEqual($0.hash, bytes) }
        guard let key = found?.key else { throw APIError.unauthorized }
        known.withLock { known in
            guard known.revocations == revocations else { return }
            if known.entries.count >= Self.most { known.entries = [:] }
            known.entries[hash] = Entry(key: key, readAt: instant, usedAt: now)
        }
        return key
    }

    private static func bearer(_ header: String) -> Substring? {
        let scheme = "bearer "
        // A longer one is no key.
        guard (scheme.utf8.count + 1...256).contains(header.utf8.count),
            zip(header.utf8, scheme.utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 && $1 != UInt8(ascii: " ") })
        else { return nil }
        return header.dropFirst(scheme.utf8.count).drop { $0 == " " }
    }
}
