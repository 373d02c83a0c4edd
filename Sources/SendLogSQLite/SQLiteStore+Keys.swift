public import SendLogCore
import SendLogScheduling

/// Reads and writes the API keys of organisations.
extension SQLiteStore {
    /// See ``KeyStore/createKey(_:hash:in:at:)``.
    public func createKey(
        _ key: NewAPIKey,
        hash: [UInt8],
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        try await write(for: organisation) { database in
            guard
                try !Self.organisations(database, where: "id = ?", bind: { try $0.bind(organisation.number) }).isEmpty
            else { throw StoreError.notFound }
            var query = try Query(
                """
                INSERT INTO api_keys (organisation, hash, name, permissions, created, expires)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                on: database
            )
            try query.bind(organisation.number, hash, key.name, key.permissions.stored, now.milliseconds)
            try query.run(key.expires?.milliseconds)
            return APIKey(key, id: APIKeyID(database.lastInsertedRowID), of: organisation, created: now)
        }
    }

    /// See ``KeyStore/keys(in:)``.
    public func keys(in organisation: OrganisationID) async throws(StoreError) -> [APIKey] {
        try await readers.scan(for: organisation) { database in
            try Self.keys(database, where: "organisation = ? ORDER BY id") { try $0.bind(organisation.number) }.map(
                \.key
            )
        }
    }

    /// See ``KeyStore/keys(hashPrefix:)``.
    public func keys(hashPrefix: [UInt8]) async throws(StoreError) -> [(key: APIKey, hash: [UInt8])] {
        // Hashes of equal length that begin with the prefix sort between the prefix and the prefix padded with 0xff.
        let end = hashPrefix + [UInt8](repeating: 0xff, count: max(33 - hashPrefix.count, 1))
        return try await pointReaders.pointRead { database in
            try Self.keys(database, where: "hash BETWEEN ? AND ?") { query in
                try query.bind(hashPrefix, end)
            }
        }
    }

    /// See ``KeyStore/revokeKey(_:in:at:)``.
    public func revokeKey(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        try await write(for: organisation) { database in
            let query = try Query(
                "UPDATE api_keys SET revoked = ? WHERE id = ? AND organisation = ? AND revoked IS NULL",
                on: database
            )
            try query.run(now.milliseconds, id.number, organisation.number)
            let keys = try Self.keys(database, where: "id = ? AND organisation = ?") { query in
                try query.bind(id.number, organisation.number)
            }
            guard let key = keys.first?.key else { throw StoreError.notFound }
            return key
        }
    }

    /// See ``KeyStore/updateLastUsed(of:)``.
    public func updateLastUsed(of keys: [APIKeyID: Timestamp]) async throws(StoreError) {
        if keys.isEmpty { return }
        try await write(for: .server) { database in
            for (id, timestamp) in keys {
                let query = try Query(
                    "UPDATE api_keys SET last_used = max(ifnull(last_used, ?), ?) WHERE id = ?",
                    on: database
                )
                try query.run(timestamp.milliseconds, timestamp.milliseconds, id.number)
            }
        }
    }

    static func keys(
        _ database: Connection,
        where condition: String,
        bind: (inout Query) throws -> Void
    ) throws -> [(key: APIKey, hash: [UInt8])] {
        var query = try Query(
            dynamicSQL: """
                SELECT id, organisation, name, permissions, created, expires, revoked, last_used, hash
                FROM api_keys WHERE \(condition)
                """,
            on: database
        )
        try bind(&query)
        var keys: [(APIKey, [UInt8])] = []
        while try query.step() {
            guard let created = Timestamp(milliseconds: query.integer(4)) else {
                throw StoreError.corrupted(detail: "invalid row of a key")
            }
            let key = APIKey(
                id: APIKeyID(query.integer(0)),
                organisation: OrganisationID(query.integer(1)),
                name: query.text(2),
                permissions: [Permission](stored: query.text(3)),
                created: created,
                expires: query.optionalInteger(5).flatMap(Timestamp.init),
                revoked: query.optionalInteger(6).flatMap(Timestamp.init),
                lastUsed: query.optionalInteger(7).flatMap(Timestamp.init)
            )
            keys.append((key, query.bytes(8)))
        }
        return keys
    }
}
