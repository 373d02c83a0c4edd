/// Keeps the organisations and their API keys.
public protocol Directory: Sendable {
    /// Adds an organisation.
    ///
    /// - Throws: ``StoreError/nameTaken``; ``StoreError/unavailable(_:detail:)``.
    func createOrganisation(
        named name: OrganisationName,
        at now: Timestamp
    ) async throws(StoreError) -> Organisation

    /// All organisations, in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func organisations() async throws(StoreError) -> [Organisation]

    /// The organisation of a name.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(named name: OrganisationName) async throws(StoreError) -> Organisation

    /// The organisation of an id.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation

    /// Adds a key to an organisation.
    ///
    /// - Parameters:
    ///   - key: what is said of it
    ///   - hash: SHA-256 of the key, 32 bytes; the key itself is never stored
    ///   - organisation: whose key it is
    ///   - now: when it was made
    /// - Returns: the key as it is stored.
    /// - Throws: ``StoreError/notFound`` without the organisation; ``StoreError/unavailable(_:detail:)``.
    func createKey(
        _ key: NewAPIKey,
        hash: [UInt8],
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey

    /// The keys of an organisation, in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func keys(in organisation: OrganisationID) async throws(StoreError) -> [APIKey]

    /// The keys whose hash begins with these bytes, of whatever organisation; the caller compares the rest.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func keys(hashPrefix: [UInt8]) async throws(StoreError) -> [(key: APIKey, hash: [UInt8])]

    /// Ends a key for good. To revoke it once more changes nothing.
    ///
    /// - Returns: the key as it is now.
    /// - Throws: ``StoreError/notFound`` without such a key in the organisation; ``StoreError/unavailable(_:detail:)``.
    func revokeKey(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey

    /// Makes sure that the database answers.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``.
    func ping() async throws(StoreError)

    /// Notes when keys were last used; an earlier moment than the one noted changes nothing.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func noteUse(of keys: [APIKeyID: Timestamp]) async throws(StoreError)
}
