public import SendLogCore
import SendLogScheduling

extension SQLiteStore {
    /// See ``OrganisationStore/createOrganisation(named:at:)``.
    public func createOrganisation(
        named name: OrganisationName,
        at now: Timestamp
    ) async throws(StoreError) -> Organisation {
        try await write(for: .server) { database in
            var query = try Query(
                "INSERT INTO organisations (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING",
                on: database
            )
            try query.bind(name.description)
            try query.bind(now.milliseconds)
            try query.run()
            guard database.affectedRows == 1 else { throw StoreError.nameTaken }
            let id = database.lastInsertedRowID
            guard id < RowID.maxOrganisations else { throw StoreError.corrupted(detail: "too many organisations") }
            return Organisation(id: OrganisationID(id), name: name, created: now, sends: 0, destinations: 0)
        }
    }

    /// See ``OrganisationStore/organisations()``.
    public func organisations() async throws(StoreError) -> [Organisation] {
        try await readers.scan(for: .server) { try Self.organisations($0, where: "TRUE") { _ in } }
    }

    /// See ``OrganisationStore/organisation(named:)``.
    public func organisation(named name: OrganisationName) async throws(StoreError) -> Organisation {
        let found = try await readers.scan(for: .server) { database in
            try Self.organisations(database, where: "name = ?") { try $0.bind(name.description) }
        }
        guard let organisation = found.first else { throw .notFound }
        return organisation
    }

    /// See ``OrganisationStore/organisation(_:)``.
    public func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation {
        let found = try await readers.scan(for: id) { database in
            try Self.organisations(database, where: "id = ?") { try $0.bind(id.number) }
        }
        guard let organisation = found.first else { throw .notFound }
        return organisation
    }

    /// See ``OrganisationStore/createKey(_:hash:in:at:)``.
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
            try query.bind(organisation.number)
            try query.bind(hash)
            try query.bind(key.name)
            try query.bind(key.permissions.map(\.description).joined(separator: " "))
            try query.bind(now.milliseconds)
            try query.bind(key.expires?.milliseconds)
            try query.run()
            return APIKey(key, id: APIKeyID(database.lastInsertedRowID), of: organisation, created: now)
        }
    }

    /// See ``OrganisationStore/keys(in:)``.
    public func keys(in organisation: OrganisationID) async throws(StoreError) -> [APIKey] {
        try await readers.scan(for: organisation) { database in
            try Self.keys(database, where: "organisation = ? ORDER BY id") { try $0.bind(organisation.number) }.map(
                \.key
            )
        }
    }

    /// See ``OrganisationStore/keys(hashPrefix:)``.
    public func keys(hashPrefix: [UInt8]) async throws(StoreError) -> [(key: APIKey, hash: [UInt8])] {
        // Hashes of equal length that begin with the prefix sort between the prefix and the prefix padded with 0xff.
        let end = hashPrefix + [UInt8](repeating: 0xff, count: max(33 - hashPrefix.count, 1))
        return try await pointReaders.pointRead { database in
            try Self.keys(database, where: "hash BETWEEN ? AND ?") { query in
                try query.bind(hashPrefix)
                try query.bind(end)
            }
        }
    }

    /// See ``OrganisationStore/revokeKey(_:in:at:)``.
    public func revokeKey(
        _ id: APIKeyID,
        in organisation: OrganisationID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        try await write(for: organisation) { database in
            var query = try Query(
                "UPDATE api_keys SET revoked = ? WHERE id = ? AND organisation = ? AND revoked IS NULL",
                on: database
            )
            try query.bind(now.milliseconds)
            try query.bind(id.number)
            try query.bind(organisation.number)
            try query.run()
            let keys = try Self.keys(database, where: "id = ? AND organisation = ?") { query in
                try query.bind(id.number)
                try query.bind(organisation.number)
            }
            guard let key = keys.first?.key else { throw StoreError.notFound }
            return key
        }
    }

    /// See ``OrganisationStore/ping()``.
    public func ping() async throws(StoreError) {
        _ = try await pointReaders.pointRead { try Query("SELECT 1 FROM organisations LIMIT 1", on: $0).run() }
    }

    /// See ``OrganisationStore/updateLastUsed(of:)``.
    public func updateLastUsed(of keys: [APIKeyID: Timestamp]) async throws(StoreError) {
        if keys.isEmpty { return }
        try await write(for: .server) { database in
            for (id, timestamp) in keys {
                var query = try Query(
                    "UPDATE api_keys SET last_used = max(ifnull(last_used, ?), ?) WHERE id = ?",
                    on: database
                )
                try query.bind(timestamp.milliseconds)
                try query.bind(timestamp.milliseconds)
                try query.bind(id.number)
                try query.run()
            }
        }
    }

    /// Runs a write transaction for an organisation, when its turn in the queue comes.
    func write<Result: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await queue.write(for: organisation, body)
    }

    private static func organisations(
        _ database: Connection,
        where condition: String,
        bind: (inout Query) throws -> Void
    ) throws -> [Organisation] {
        var query = try Query(
            dynamicSQL: """
                SELECT id, name, created, sequence, destinations FROM organisations WHERE \(condition) ORDER BY id
                """,
            on: database
        )
        try bind(&query)
        var organisations: [Organisation] = []
        while try query.step() {
            guard let name = OrganisationName(query.text(1)), let created = Timestamp(milliseconds: query.integer(2))
            else { throw StoreError.corrupted(detail: "invalid row of an organisation") }
            organisations.append(
                Organisation(
                    id: OrganisationID(query.integer(0)),
                    name: name,
                    created: created,
                    sends: try query.count(3),
                    destinations: try query.count(4)
                )
            )
        }
        return organisations
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
                permissions: query.text(3).split(separator: " ").compactMap { Permission(String($0)) },
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
