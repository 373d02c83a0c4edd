public import SendLogCore
import SendLogScheduling

/// Creates and reads organisations, and checks that the database responds.
extension PostgresStore {
    /// See ``OrganisationStore/createOrganisation(named:at:)``.
    public func createOrganisation(
        named name: OrganisationName,
        at now: Timestamp
    ) async throws(StoreError) -> Organisation {
        try await performOnEveryNode { connection in
            let number = try connection.insertWithNextID(maxIDQuery: "SELECT max(org_id) FROM organisations") {
                number in
                if let existing = try Self.directory("name = $1", { $0.add(name.description) }, connection).first {
                    guard connection.isRetry, existing.created == now else { throw StoreError.nameTaken }
                    return .stored(existing.id.number)
                }
                return try connection.transaction {
                    let parameters = Parameters(number, name.description, now.milliseconds)
                    let rows = try connection.rows(
                        "INSERT INTO organisations (org_id, name, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        parameters
                    )
                    if rows.affectedRows == 0 { return .conflict }
                    var head = Parameters()
                    head.add(number)
                    _ = try connection.rows(
                        "INSERT INTO organisation_heads (org_id, sequence, destinations) VALUES ($1, 0, 0)",
                        head
                    )
                    let sample = Parameters(number, now.milliseconds)
                    _ = try connection.rows(
                        "INSERT INTO recording_times (org_id, sequence, at) VALUES ($1, 0, $2)",
                        sample
                    )
                    return .stored(number)
                }
            }
            return Organisation(id: OrganisationID(number), name: name, created: now, head: .empty, destinations: 0)
        }
    }

    /// See ``OrganisationStore/organisations()``.
    public func organisations() async throws(StoreError) -> [Organisation] {
        try await performShort(for: .allNodes) { try Self.organisations("true", { _ in }, $0) }
    }

    /// See ``OrganisationStore/directory()``.
    public func directory() async throws(StoreError) -> [DirectoryEntry] {
        try await performShort(for: .server) { try Self.directory("true", { _ in }, $0) }
    }

    /// See ``OrganisationStore/organisation(named:)``.
    public func organisation(named name: OrganisationName) async throws(StoreError) -> DirectoryEntry {
        let found = try await performShort(for: .server) {
            try Self.directory("name = $1", { $0.add(name.description) }, $0)
        }
        guard let entry = found.first else { throw .notFound }
        return entry
    }

    /// See ``OrganisationStore/organisation(_:)``.
    public func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation {
        let found = try await performShort(for: id) { try Self.organisations("org_id = $1", { $0.add(id.number) }, $0) }
        guard let organisation = found.first else { throw .notFound }
        return organisation
    }

    /// See ``OrganisationStore/setCallingCode(_:of:)``.
    public func setCallingCode(_ code: CallingCode?, of id: OrganisationID) async throws(StoreError) {
        let rows = try await performOnEveryNode { connection in
            let parameters = Parameters(id.number, code?.description ?? "")
            return try connection.rows("UPDATE organisations SET calling_code = $2 WHERE org_id = $1", parameters)
        }
        if rows.affectedRows == 0 { throw .notFound }
    }

    /// See ``LogReader/ping()``.
    public func ping() async throws(StoreError) {
        try await healthConnection.check()
    }

    /// Reads the directory, which every Citus node has.
    static func directory(
        _ condition: String,
        _ add: (inout Parameters) -> Void,
        _ connection: Connection
    ) throws -> [DirectoryEntry] {
        var parameters = Parameters()
        add(&parameters)
        let rows = try connection.rows(
            "SELECT org_id, name, created, calling_code FROM organisations WHERE \(condition) ORDER BY org_id",
            parameters
        )
        return try (0..<rows.count).map { try directoryEntry(rows, $0, callingCode: 3) }
    }

    /// Reads the columns `org_id`, `name` and `created`, which come first, and the calling code from another column.
    private static func directoryEntry(_ rows: Rows, _ row: Int, callingCode column: Int) throws -> DirectoryEntry {
        let code = rows.text(row, column)
        guard let name = OrganisationName(rows.text(row, 1)),
            let created = Timestamp(milliseconds: rows.integer(row, 2)),
            code.isEmpty || CallingCode(code) != nil
        else { throw StoreError.corrupted(detail: "invalid row of an organisation") }
        return DirectoryEntry(
            id: OrganisationID(rows.integer(row, 0)),
            name: name,
            created: created,
            callingCode: CallingCode(code)
        )
    }

    static func organisations(
        _ condition: String,
        _ add: (inout Parameters) -> Void,
        _ connection: Connection
    ) throws -> [Organisation] {
        var parameters = Parameters()
        add(&parameters)
        let rows = try connection.rows(
            """
            SELECT org_id, name, created, sequence, deleted, destinations, calling_code
            FROM organisations JOIN organisation_heads USING (org_id) WHERE \(condition) ORDER BY org_id
            """,
            parameters
        )
        return try (0..<rows.count).map { row in
            Organisation(
                try directoryEntry(rows, row, callingCode: 6),
                head: try LogHead(storedSequence: rows.integer(row, 3), deleted: rows.integer(row, 4)),
                destinations: try rows.count(row, 5)
            )
        }
    }
}

/// The result of an attempt to insert a row under an id.
enum InsertResult {
    /// The row is stored under this id.
    case stored(Int64)
    /// Another server has inserted a row under the id.
    case conflict
}

extension Connection {
    /// Inserts a row under the next id, and under the one after it if another server takes the id first.
    ///
    /// PostgreSQL sequences do not fit: on Citus they are local to a node, and they leave gaps.
    ///
    /// - Parameters:
    ///   - greatest: the SQL query for the greatest id so far
    ///   - insert: inserts the row under an id, unless the id is taken or the row is already stored under another id
    /// - Returns: the id of the row.
    /// - Throws: ``PostgresFailure``; the error of `insert`; ``StoreError/unavailable(_:detail:)`` if other servers
    ///   took the id in each of 100 attempts.
    func insertWithNextID(maxIDQuery greatest: String, _ insert: (Int64) throws -> InsertResult) throws -> Int64 {
        for _ in 0..<100 {
            let number = try rows(greatest).integer(0, 0) + 1
            if case .stored(let number) = try insert(number) { return number }
        }
        throw StoreError.unavailable(.overloaded, detail: "conflicting organisation IDs in all retries")
    }
}
