public import SendLogCore
import SendLogScheduling

/// Creates, reads and ends the sessions of the console.
extension PostgresStore: SessionStore {
    /// See ``SessionStore/createSession(_:of:at:until:)``.
    public func createSession(
        _ hash: [UInt8],
        of key: APIKeyID,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError) {
        try await performShort(for: .server) { connection in
            var expired = Parameters()
            expired.add(now.milliseconds)
            _ = try connection.rows("DELETE FROM sessions WHERE expires <= $1", expired)
            let parameters = Parameters(ByteString(hash), key.number, end.milliseconds)
            // On a retry, the first attempt may have inserted the row before its connection broke.
            _ = try connection.rows(
                "INSERT INTO sessions (hash, key_id, expires) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING",
                parameters
            )
        }
    }

    /// See ``SessionStore/sessionKey(_:at:)``.
    public func sessionKey(_ hash: [UInt8], at now: Timestamp) async throws(StoreError) -> APIKey {
        let found = try await performShort(for: .server) { connection in
            try Self.keys(
                "key_id = (SELECT s.key_id FROM sessions s WHERE s.hash = $1 AND s.expires > $2)",
                { parameters in
                    parameters.add(ByteString(hash), now.milliseconds)
                },
                connection
            )
        }
        guard let key = found.first?.key else { throw .notFound }
        return key
    }

    /// See ``SessionStore/endSession(_:)``.
    public func endSession(_ hash: [UInt8]) async throws(StoreError) {
        try await performShort(for: .server) { connection in
            let parameters = Parameters(ByteString(hash))
            _ = try connection.rows("DELETE FROM sessions WHERE hash = $1", parameters)
        }
    }
}
