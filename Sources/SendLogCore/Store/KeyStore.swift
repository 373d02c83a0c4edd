/// A store of the API keys of organisations.
public protocol KeyStore: Sendable {
    /// Creates an API key in an organisation.
    ///
    /// - Parameters:
    ///   - key: the key's name, permissions and expiry
    ///   - hash: SHA-256 of the key, 32 bytes; the key itself is never stored
    ///   - organisation: the organisation that owns the key
    ///   - now: the time of creation
    /// - Returns: the stored key.
    /// - Throws: ``StoreError/notFound`` if the organisation does not exist; ``StoreError/unavailable(_:detail:)``.
    func createKey(
        _ key: NewAPIKey,
        hash: [UInt8],
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey

    /// Returns the keys of an organisation in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func keys(in organisation: OrganisationID) async throws(StoreError) -> [APIKey]

    /// Returns the keys of any organisation whose hash begins with a prefix; the caller compares the full hash.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func keys(hashPrefix: [UInt8]) async throws(StoreError) -> [(key: APIKey, hash: [UInt8])]

    /// Revokes a key permanently.
    ///
    /// Revoking a revoked key changes nothing.
    ///
    /// - Returns: the key after the change.
    /// - Throws: ``StoreError/notFound`` if the organisation has no such key; ``StoreError/unavailable(_:detail:)``.
    func revokeKey(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey

    /// Updates the time of last use of keys.
    ///
    /// A time before the stored one changes nothing.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func updateLastUsed(of keys: [APIKeyID: Timestamp]) async throws(StoreError)
}
