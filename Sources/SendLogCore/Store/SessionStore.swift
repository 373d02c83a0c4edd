/// A store of console sessions.
///
/// Sessions are in the database, so that every server can handle every browser, and signing out takes effect on all
/// servers.
public protocol SessionStore: Sendable {
    /// Creates a session for an API key, and deletes expired sessions.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the session's token, 32 bytes; the token itself is never stored
    ///   - key: the key whose permissions the session has
    ///   - now: the current time
    ///   - end: the time at which the session expires
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func createSession(
        _ hash: [UInt8],
        of key: APIKeyID,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError)

    /// Returns the current state of a session's API key.
    ///
    /// The caller checks that the key is still valid.
    ///
    /// - Throws: ``StoreError/notFound`` if the session does not exist, was ended or has expired;
    ///   ``StoreError/unavailable(_:detail:)``.
    func sessionKey(_ hash: [UInt8], at now: Timestamp) async throws(StoreError) -> APIKey

    /// Ends a session; does nothing if the session does not exist.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func endSession(_ hash: [UInt8]) async throws(StoreError)
}
