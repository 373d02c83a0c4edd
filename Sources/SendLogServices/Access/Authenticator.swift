public import SendLogCore
import Synchronization

/// Finds the API key of a request, and caches it.
///
/// A key that this server revokes is refused at once. A key that another server revokes is refused when its cache entry
/// expires.
public final class Authenticator: Sendable {
    private struct Entry {
        let key: APIKey
        let readAt: ContinuousClock.Instant
        /// When the key's use was last recorded, by the time of requests.
        var usedAt: Timestamp
    }

    private struct Cache {
        var entries: [KeyHash: Entry] = [:]
        /// The number of keys that this server revoked; a key read before the last revocation may be out of date.
        var revocations = 0
    }

    private static let maxEntries = 100_000

    /// Counts the requests without a valid key.
    public let authenticationFailures = AuthenticationFailures()
    let keyStore: any KeyStore
    let pending = PendingRevocations()
    private let cacheLifetime: Duration
    private let cache = Mutex(Cache())
    private let uses = Mutex<[APIKeyID: Timestamp]>([:])

    /// Creates an authenticator.
    ///
    /// - Parameters:
    ///   - keyStore: the store of the keys
    ///   - cacheLifetime: the time for which a key is cached
    public init(keyStore: any KeyStore, cacheLifetime: Duration) {
        self.keyStore = keyStore
        self.cacheLifetime = cacheLifetime
    }

    /// Returns the key of a request from the cache.
    ///
    /// - Parameters:
    ///   - authorization: the value of the header `Authorization`, if the request has it
    ///   - apiKey: the value of the header `X-Api-Key`, which counts only without `Authorization`
    ///   - now: the time of the request
    /// - Returns: the key; `nil` if it is not cached and ``key(authorization:apiKey:at:)`` must read it from the
    ///   database.
    /// - Throws: ``ServiceError/unauthorized`` if the key is not valid.
    package func cachedKey(
        authorization: String?,
        apiKey: @autoclosure () -> String? = nil,
        at now: Timestamp
    ) throws(ServiceError) -> APIKey? {
        guard let token = Self.token(authorization, apiKey) else { throw .unauthorized }
        let hash = KeyHash(of: token)
        let instant = ContinuousClock.now
        let cached = cache.withLock { cache -> (key: APIKey, isNoted: Bool)? in
            guard let entry = cache.entries[hash], instant - entry.readAt < cacheLifetime else { return nil }
            let isNoted = now.milliseconds - entry.usedAt.milliseconds < 1000
            if !isNoted { cache.entries[hash]?.usedAt = now }
            return (entry.key, isNoted)
        }
        guard let (key, isNoted) = cached else { return nil }
        guard current(key).isValid(at: now) else { throw .unauthorized }
        if !isNoted { uses.withLock { $0[key.id] = now } }
        return key
    }

    /// Returns the key of a request, from the cache or the database; see ``cachedKey(authorization:apiKey:at:)``.
    ///
    /// - Throws: ``StoreError`` if the database is unavailable; ``ServiceError/unauthorized`` if there is no valid key.
    package func key(
        authorization: String?,
        apiKey: @autoclosure () -> String? = nil,
        at now: Timestamp
    ) async throws -> APIKey {
        if let key = try cachedKey(authorization: authorization, apiKey: apiKey(), at: now) { return key }
        // Do not query the database for a text that is not in the format of a key.
        guard let token = Self.token(authorization, apiKey), KeyText(String(token)) != nil else {
            throw ServiceError.unauthorized
        }
        let key = try await read(KeyHash(of: token), at: .now, now)
        guard current(key).isValid(at: now) else { throw ServiceError.unauthorized }
        uses.withLock { $0[key.id] = now }
        return key
    }

    /// Removes a key that was revoked from the cache, also one that is being read at the moment.
    func removeFromCache(_ id: APIKeyID) {
        cache.withLock { cache in
            cache.revocations += 1
            cache.entries = cache.entries.filter { $0.value.key.id != id }
        }
    }

    /// Stores when keys were last used, for the uses since the last call.
    ///
    /// - Throws: the error of the store; the next call then stores the uses.
    public func writeUses() async throws(StoreError) {
        let taken = uses.withLock { uses in
            defer { uses = [:] }
            return uses
        }
        do {
            try await keyStore.updateLastUsed(of: taken)
        } catch {
            uses.withLock { $0.merge(taken) { newer, _ in newer } }
            throw error
        }
    }

    private func read(_ hash: KeyHash, at instant: ContinuousClock.Instant, _ now: Timestamp) async throws -> APIKey {
        let revocations = cache.withLock { $0.revocations }
        // The database compares only the first 8 bytes of the hash. The rest is compared in constant time.
        let bytes = hash.bytes
        let found = try await keyStore.keys(hashPrefix: Array(bytes.prefix(8)))
            .first { ConstantTime.areEqual($0.hash, bytes) }
        guard let key = found?.key else { throw ServiceError.unauthorized }
        cache.withLock { cache in
            guard cache.revocations == revocations else { return }
            if cache.entries.count >= Self.maxEntries { cache.entries = [:] }
            cache.entries[hash] = Entry(key: key, readAt: instant, usedAt: now)
        }
        return key
    }

    /// The maximum length of a header in bytes; a longer one contains no key.
    private static let maxHeaderLength = 256

    private static func token(_ authorization: String?, _ apiKey: () -> String?) -> Substring? {
        if let authorization { return bearer(authorization) }
        return apiKey().flatMap { (1...maxHeaderLength).contains($0.utf8.count) ? $0[...] : nil }
    }

    private static func bearer(_ header: String) -> Substring? {
        let scheme = "bearer "
        guard (scheme.utf8.count + 1...maxHeaderLength).contains(header.utf8.count),
            zip(header.utf8, scheme.utf8).allSatisfy({ $0.lowercasedASCII == $1 })
        else { return nil }
        return header.dropFirst(scheme.utf8.count).drop { $0 == " " }
    }
}
