public import SendLogCore
import SendLogScheduling

/// Creates, reads and ends the sessions of the console.
extension SQLiteStore: SessionStore {
    /// See ``SessionStore/createSession(_:of:at:until:)``.
    public func createSession(
        _ hash: [UInt8],
        of key: APIKeyID,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError) {
        try await write(for: .server) { database in
            try Query("DELETE FROM sessions WHERE expires <= ?", on: database).run(now.milliseconds)
            let query = try Query("INSERT INTO sessions (hash, key, expires) VALUES (?, ?, ?)", on: database)
            try query.run(hash, key.number, end.milliseconds)
        }
    }

    /// See ``SessionStore/sessionKey(_:at:)``.
    public func sessionKey(_ hash: [UInt8], at now: Timestamp) async throws(StoreError) -> APIKey {
        let found = try await pointReaders.pointRead { database in
            try Self.keys(database, where: "id = (SELECT key FROM sessions WHERE hash = ? AND expires > ?)") { query in
                try query.bind(hash, now.milliseconds)
            }
        }
        guard let key = found.first?.key else { throw .notFound }
        return key
    }

    /// See ``SessionStore/endSession(_:)``.
    public func endSession(_ hash: [UInt8]) async throws(StoreError) {
        try await write(for: .server) { database in
            try Query("DELETE FROM sessions WHERE hash = ?", on: database).run(hash)
        }
    }
}
