public import SendLogCore
import SendLogScheduling

/// Reads and writes the API keys of organisations.
extension PostgresStore {
    /// See ``KeyStore/createKey(_:hash:in:at:)``.
    public func createKey(
        _ key: NewAPIKey,
        hash: [UInt8],
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        try await performOnEveryNode { connection in
            guard try !Self.directory("org_id = $1", { $0.add(organisation.number) }, connection).isEmpty else {
                throw StoreError.notFound
            }
            let number = try connection.insertWithNextID(maxIDQuery: "SELECT max(key_id) FROM api_keys") { number in
                if connection.isRetry,
                    let own = try Self.keys("hash = $1", { $0.add(ByteString(hash)) }, connection).first
                {
                    return .stored(own.key.id.number)
                }
                var parameters = Parameters(number, organisation.number, ByteString(hash), key.name)
                parameters.add(key.permissions.stored, now.milliseconds)
                parameters.add(key.expires?.milliseconds)
                let rows = try connection.rows(
                    """
                    INSERT INTO api_keys (key_id, org_id, hash, name, permissions, created, expires)
                    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key_id) DO NOTHING
                    """,
                    parameters
                )
                return rows.affectedRows > 0 ? .stored(number) : .conflict
            }
            return APIKey(key, id: APIKeyID(number), of: organisation, created: now)
        }
    }

    /// See ``KeyStore/keys(in:)``.
    public func keys(in organisation: OrganisationID) async throws(StoreError) -> [APIKey] {
        try await performShort(for: .server) { connection in
            try Self.keys("org_id = $1 ORDER BY key_id", { $0.add(organisation.number) }, connection).map(\.key)
        }
    }

    /// See ``KeyStore/keys(hashPrefix:)``.
    public func keys(hashPrefix: [UInt8]) async throws(StoreError) -> [(key: APIKey, hash: [UInt8])] {
        // Hashes of equal length that begin with the prefix sort between the prefix and the prefix padded with 0xff.
        let end = hashPrefix + [UInt8](repeating: 0xff, count: max(33 - hashPrefix.count, 1))
        return try await performShort(for: .server) { connection in
            try Self.keys(
                "hash BETWEEN $1 AND $2",
                { parameters in
                    parameters.add(ByteString(hashPrefix), ByteString(end))
                },
                connection
            )
        }
    }

    /// See ``KeyStore/revokeKey(_:in:at:)``.
    public func revokeKey(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        try await performOnEveryNode { connection in
            let parameters = Parameters(id.number, organisation.number)
            var update = parameters
            update.add(now.milliseconds)
            _ = try connection.rows(
                "UPDATE api_keys SET revoked = $3 WHERE key_id = $1 AND org_id = $2 AND revoked IS NULL",
                update
            )
            guard let key = try Self.keys("key_id = $1 AND org_id = $2", { $0 = parameters }, connection).first?.key
            else { throw StoreError.notFound }
            return key
        }
    }

    /// See ``KeyStore/updateLastUsed(of:)``.
    public func updateLastUsed(of keys: [APIKeyID: Timestamp]) async throws(StoreError) {
        // Servers that update the same keys at the same time mostly lock them in this order. A deadlock is repeated.
        let sorted = keys.sorted { $0.key.number < $1.key.number }
        for begin in stride(from: 0, to: sorted.count, by: Self.maxKeysOfUpdate) {
            let some = sorted[begin..<min(begin + Self.maxKeysOfUpdate, sorted.count)]
            try await performOnEveryNode { connection in
                let parameters = Parameters(some.map(\.key.number), some.map(\.value.milliseconds))
                _ = try connection.rows(
                    """
                    UPDATE api_keys k SET last_used = n.used FROM unnest($1, $2) n (id, used)
                    WHERE k.key_id = n.id AND (k.last_used IS NULL OR k.last_used < n.used)
                    """,
                    parameters
                )
            }
        }
    }

    /// The number of keys whose last use one statement updates.
    private static let maxKeysOfUpdate = 1000

    static func keys(
        _ condition: String,
        _ add: (inout Parameters) -> Void,
        _ connection: Connection
    ) throws -> [(key: APIKey, hash: [UInt8])] {
        var parameters = Parameters()
        add(&parameters)
        let rows = try connection.rows(
            """
            SELECT key_id, org_id, name, permissions, created, expires, revoked, last_used, hash
            FROM api_keys WHERE \(condition)
            """,
            parameters
        )
        return try (0..<rows.count).map { row in
            guard let created = Timestamp(milliseconds: rows.integer(row, 4)) else {
                throw StoreError.corrupted(detail: "invalid row of a key")
            }
            let key = APIKey(
                id: APIKeyID(rows.integer(row, 0)),
                organisation: OrganisationID(rows.integer(row, 1)),
                name: rows.text(row, 2),
                permissions: [Permission](stored: rows.text(row, 3)),
                created: created,
                expires: rows.optionalInteger(row, 5).flatMap(Timestamp.init),
                revoked: rows.optionalInteger(row, 6).flatMap(Timestamp.init),
                lastUsed: rows.optionalInteger(row, 7).flatMap(Timestamp.init)
            )
            return (key, rows.bytes(row, 8))
        }
    }
}
