/// Keeps who is signed in to the console.
///
/// They are kept in the database: any server can answer for any browser, and whoever signs out is out everywhere.
public protocol SessionStore: Sendable {
    /// Signs a key in. What has expired is forgotten on the way.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the session's token, 32 bytes; the token itself is never stored
    ///   - key: whose permissions hold
    ///   - now: the time
    ///   - end: the moment from which on the session is none
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func createSession(
        _ hash: [UInt8],
        of key: APIKeyID,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError)

    /// The key that is signed in, as it is now; whether it may still be used is the caller's to see.
    ///
    /// - Throws: ``StoreError/notFound`` for a session that never was, was ended or has expired; ``StoreError/unavailable(_:detail:)``.
    func sessionKey(
        _ hash: [UInt8],
        at now: Timestamp
    ) async throws(StoreError) -> APIKey

    /// Ends a session; one that is none already stays so.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func endSession(_ hash: [UInt8]) async throws(StoreError)
}
