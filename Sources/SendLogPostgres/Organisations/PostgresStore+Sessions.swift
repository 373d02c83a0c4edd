public import SendLogCore
import SendLogScheduling

/// Creates, reads and ends the sessions of the console.
///
/// A session is on its organisation's node. Sessions of servers before schema step 11 are in the table `sessions`, which
/// is on every Citus node and gets no new rows.
extension PostgresStore: SessionStore {
    /// See ``SessionStore/createSession(_:of:in:at:until:)``.
    public func createSession(
        _ hash: [UInt8],
        of key: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError) {
        try await performShort(for: organisation) { connection in
            _ = try connection.rows(
                "DELETE FROM console_sessions WHERE org_id = $1 AND expires <= $2",
                Parameters(organisation.number, now.milliseconds)
            )
            // On a retry, the first attempt may have inserted the row before its connection broke.
            _ = try connection.rows(
                """
                INSERT INTO console_sessions (org_id, hash, key_id, expires) VALUES ($1, $2, $3, $4)
                ON CONFLICT (org_id, hash) DO NOTHING
                """,
                Parameters(organisation.number, ByteString(hash), key.number, end.milliseconds)
            )
        }
    }

    /// See ``SessionStore/sessionKey(_:in:at:)``.
    public func sessionKey(
        _ hash: [UInt8],
        in organisation: OrganisationID?,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        let found = try await performShort(for: organisation ?? .server) { connection in
            var parameters = Parameters(ByteString(hash), now.milliseconds)
            if let organisation { parameters.add(organisation.number) }
            return try Self.keys(
                organisation == nil ? Self.formerSessionSQL : Self.sessionSQL,
                { $0 = parameters },
                connection
            )
        }
        guard let key = found.first?.key else { throw .notFound }
        return key
    }

    /// The condition of the key of a session.
    static let sessionSQL = """
        org_id = $3 AND key_id = (
            SELECT s.key_id FROM console_sessions s WHERE s.org_id = $3 AND s.hash = $1 AND s.expires > $2
        )
        """

    /// The condition of the key of a session of an earlier version.
    static let formerSessionSQL = """
        key_id = (SELECT s.key_id FROM sessions s WHERE s.hash = $1 AND s.expires > $2)
        """

    /// See ``SessionStore/endSession(_:in:)``.
    public func endSession(_ hash: [UInt8], in organisation: OrganisationID?) async throws(StoreError) {
        // Every node of a Citus cluster has the table of earlier versions.
        try await performShort(for: organisation ?? .allNodes) { connection in
            if let organisation {
                _ = try connection.rows(
                    "DELETE FROM console_sessions WHERE org_id = $1 AND hash = $2",
                    Parameters(organisation.number, ByteString(hash))
                )
            } else {
                _ = try connection.rows("DELETE FROM sessions WHERE hash = $1", Parameters(ByteString(hash)))
            }
        }
    }
}
