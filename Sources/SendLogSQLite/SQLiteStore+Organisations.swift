public import SendLogCore
import SendLogScheduling

/// Creates and reads organisations, and checks that the database responds.
extension SQLiteStore {
    /// See ``OrganisationStore/createOrganisation(named:at:)``.
    public func createOrganisation(
        named name: OrganisationName,
        at now: Timestamp
    ) async throws(StoreError) -> Organisation {
        try await write(for: .server) { database in
            let query = try Query(
                "INSERT INTO organisations (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING",
                on: database
            )
            try query.run(name.description, now.milliseconds)
            guard database.affectedRows == 1 else { throw StoreError.nameTaken }
            let id = database.lastInsertedRowID
            guard id < RowID.maxOrganisations else { throw StoreError.corrupted(detail: "too many organisations") }
            let sample = try Query("INSERT INTO recording_times VALUES (?, 0, ?)", on: database)
            try sample.run(id, now.milliseconds)
            return Organisation(id: OrganisationID(id), name: name, created: now, head: .empty, destinations: 0)
        }
    }

    /// See ``OrganisationStore/organisations()``.
    public func organisations() async throws(StoreError) -> [Organisation] {
        try await readers.scan(for: .server) { try Self.organisations($0, where: "TRUE") { _ in } }
    }

    /// See ``OrganisationStore/directory()``.
    public func directory() async throws(StoreError) -> [DirectoryEntry] { try await organisations().map(\.entry) }

    /// See ``OrganisationStore/organisation(named:)``.
    public func organisation(named name: OrganisationName) async throws(StoreError) -> DirectoryEntry {
        let found = try await readers.scan(for: .server) { database in
            try Self.organisations(database, where: "name = ?") { try $0.bind(name.description) }
        }
        guard let organisation = found.first else { throw .notFound }
        return organisation.entry
    }

    /// See ``OrganisationStore/organisation(_:)``.
    public func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation {
        let found = try await pointReaders.pointRead { database in
            try Self.organisations(database, where: "id = ?") { try $0.bind(id.number) }
        }
        guard let organisation = found.first else { throw .notFound }
        return organisation
    }

    /// See ``OrganisationStore/setCallingCode(_:of:)``.
    public func setCallingCode(_ code: CallingCode?, of id: OrganisationID) async throws(StoreError) {
        try await write(for: id) { database in
            var query = try Query("UPDATE organisations SET calling_code = nullif(?, '') WHERE id = ?", on: database)
            try query.bind(code?.description ?? "", id.number)
            try query.run()
            guard database.affectedRows == 1 else { throw StoreError.notFound }
        }
    }

    /// See ``LogReader/ping()``.
    public func ping() async throws(StoreError) {
        _ = try await pointReaders.pointRead { try Query("SELECT 1 FROM organisations LIMIT 1", on: $0).run() }
    }

    static func organisations(
        _ database: Connection,
        where condition: String,
        bind: (inout Query) throws -> Void
    ) throws -> [Organisation] {
        var query = try Query(
            dynamicSQL: """
                SELECT id, name, created, sequence, deleted, destinations, calling_code FROM organisations
                WHERE \(condition) ORDER BY id
                """,
            on: database
        )
        try bind(&query)
        var organisations: [Organisation] = []
        while try query.step() {
            let code = query.text(6)
            let callingCode = CallingCode(code)
            guard let name = OrganisationName(query.text(1)), let created = Timestamp(milliseconds: query.integer(2)),
                callingCode != nil || code.isEmpty
            else { throw StoreError.corrupted(detail: "invalid row of an organisation") }
            organisations.append(
                Organisation(
                    id: OrganisationID(query.integer(0)),
                    name: name,
                    created: created,
                    head: try LogHead(storedSequence: query.integer(3), deleted: query.integer(4)),
                    destinations: try query.count(5),
                    callingCode: callingCode
                )
            )
        }
        return organisations
    }
}
