public import SendLogCore
import SendLogScheduling

/// Creates, reads and ends the sessions of the console.
extension SQLiteStore: SessionStore {
    /// See ``SessionStore/createSession(_:of:in:at:until:)``.
    public func createSession(
        _ hash: [UInt8],
        of key: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError) {
        try await write(for: organisation) { database in
            try Query("DELETE FROM sessions WHERE expires <= ?", on: database).run(now.milliseconds)
            let query = try Query("INSERT INTO sessions (hash, key, expires) VALUES (?, ?, ?)", on: database)
            try query.run(hash, key.number, end.milliseconds)
        }
    }

    /// See ``SessionStore/sessionKey(_:in:at:)``.
    public func sessionKey(
        _ hash: [UInt8],
        in organisation: OrganisationID?,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        let found = try await pointReaders.pointRead { database in
            try Self.keys(database, where: "id = (SELECT key FROM sessions WHERE hash = ? AND expires > ?)") { query in
                try query.bind(hash, now.milliseconds)
            }
        }
        guard let key = found.first?.key, organisation == nil || organisation == key.organisation else {
            throw .notFound
        }
        return key
    }

    /// See ``SessionStore/endSession(_:in:)``.
    public func endSession(_ hash: [UInt8], in organisation: OrganisationID?) async throws(StoreError) {
        try await write(for: organisation ?? .server) { database in
            guard let organisation else {
                return try Query("DELETE FROM sessions WHERE hash = ?", on: database).run(hash)
            }
            let query = try Query(
                "DELETE FROM sessions WHERE hash = ? AND key IN (SELECT id FROM api_keys WHERE organisation = ?)",
                on: database
            )
            try query.run(hash, organisation.number)
        }
    }
}
