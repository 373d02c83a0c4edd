/// A store of organisations and their API keys.
public protocol OrganisationStore: Sendable {
    /// Creates an organisation.
    ///
    /// - Throws: ``StoreError/nameTaken`` if another organisation has the name; ``StoreError/unavailable(_:detail:)``.
    func createOrganisation(
        named name: OrganisationName,
        at now: Timestamp
    ) async throws(StoreError) -> Organisation

    /// Returns all organisations in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func organisations() async throws(StoreError) -> [Organisation]

    /// Returns the organisation with a name.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(named name: OrganisationName) async throws(StoreError) -> Organisation

    /// Returns the organisation with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation

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

    /// Checks that the database responds.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func ping() async throws(StoreError)

    /// Updates the time of last use of keys.
    ///
    /// A time before the stored one changes nothing.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func updateLastUsed(of keys: [APIKeyID: Timestamp]) async throws(StoreError)
}
