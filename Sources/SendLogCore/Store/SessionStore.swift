/// A store of console sessions.
///
/// Sessions are in the database, so that every server can handle every browser, and signing out takes effect on all
/// servers. A session belongs to the organisation of its key. Servers up to version 0.1 (PostgreSQL: up to schema step
/// 10) made sessions whose cookie does not name the organisation; these are found without one.
public protocol SessionStore: Sendable {
    /// Creates a session for an API key, and deletes the organisation's expired sessions.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the session's token, 32 bytes; the token itself is never stored
    ///   - key: the key whose permissions the session has
    ///   - organisation: the organisation of the key
    ///   - now: the current time
    ///   - end: the time at which the session expires
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func createSession(
        _ hash: [UInt8],
        of key: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError)

    /// Returns the current state of a session's API key.
    ///
    /// The caller checks that the key is still valid.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the session's token
    ///   - organisation: the organisation; `nil` for a session of an earlier version
    ///   - now: the current time
    /// - Returns: the key.
    /// - Throws: ``StoreError/notFound`` if the session does not exist, belongs to another organisation, was ended or
    ///   has expired; ``StoreError/unavailable(_:detail:)``.
    func sessionKey(
        _ hash: [UInt8],
        in organisation: OrganisationID?,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey

    /// Ends a session; does nothing if the session does not exist.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the session's token
    ///   - organisation: the organisation; `nil` for a session of an earlier version
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func endSession(_ hash: [UInt8], in organisation: OrganisationID?) async throws(StoreError)
}
