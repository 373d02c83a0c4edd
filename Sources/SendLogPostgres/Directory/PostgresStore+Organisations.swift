public import SendLogCore
import SendLogScheduling

extension PostgresStore {
    /// See ``Directory/createOrganisation(named:at:)``.
    public func createOrganisation(
        named name: OrganisationName,
        at now: Timestamp
    ) async throws(StoreError) -> Organisation {
        try await shortly(for: .server) { connection in
            let number = try connection.insertingNext(after: "SELECT max(org_id) FROM organisations") { number in
                if let taken = try Self.organisations("name = $1", { $0.add(name.description) }, connection).first {
                    guard connection.isRepeating, taken.created == now else { throw StoreError.nameTaken }
                    return .known(taken.id.number)
                }
                return try connection.transaction {
                    var parameters = Parameters()
                    parameters.add(number)
                    parameters.add(name.description)
                    parameters.add(now.milliseconds)
                    let rows = try connection.rows(
                        "INSERT INTO organisations (org_id, name, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        parameters
                    )
                    if rows.written == 0 { return .taken }
                    var head = Parameters()
                    head.add(number)
                    _ = try connection.rows(
                        "INSERT INTO organisation_heads (org_id, sequence, destinations) VALUES ($1, 0, 0)",
                        head
                    )
                    return .known(number)
                }
            }
            return Organisation(id: OrganisationID(number), name: name, created: now, sends: 0, destinations: 0)
        }
    }

    /// See ``Directory/organisations()``.
    public func organisations() async throws(StoreError) -> [Organisation] {
        try await shortly(for: .server) { try Self.organisations("true", { _ in }, $0) }
    }

    /// See ``Directory/organisation(named:)``.
    public func organisation(named name: OrganisationName) async throws(StoreError) -> Organisation {
        let found = try await shortly(for: .server) {
            try Self.organisations("name = $1", { $0.add(name.description) }, $0)
        }
        guard let organisation = found.first else { throw .notFound }
        return organisation
    }

    /// See ``Directory/organisation(_:)``.
    public func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation {
        let found = try await shortly(for: id) { try Self.organisations("org_id = $1", { $0.add(id.number) }, $0) }
        guard let organisation = found.first else { throw .notFound }
        return organisation
    }

    /// See ``Directory/ping()``.
    public func ping() async throws(StoreError) {
        _ = try await shortly(for: .server) { try $0.rows("SELECT 1 FROM sendlog_schema") }
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
            SELECT org_id, name, created, sequence, destinations
            FROM organisations JOIN organisation_heads USING (org_id) WHERE \(condition) ORDER BY org_id
            """,
            parameters
        )
        return try (0..<rows.count).map { row in
            guard let name = OrganisationName(rows.text(row, 1)),
                let created = Timestamp(milliseconds: rows.integer(row, 2))
            else { throw StoreError.damaged(detail: "an organisation breaks the rules") }
            return Organisation(
                id: OrganisationID(rows.integer(row, 0)),
                name: name,
                created: created,
                sends: try rows.count(row, 3),
                destinations: try rows.count(row, 4)
            )
        }
    }
}

/// What became of a row that was to be inserted under a number.
enum Numbered {
    /// It has this number.
    case known(Int64)
    /// Another server was quicker.
    case taken
}

extension Connection {
    /// Inserts a row under the number that comes next, and under the one behind it where another server was quicker.
    ///
    /// Sequences are a node's own on Citus, and leave gaps.
    ///
    /// - Parameters:
    ///   - greatest: asks for the greatest number so far
    ///   - insert: inserts under a number, unless it is taken or the row is known by another one already
    /// - Returns: the row's number.
    /// - Throws: ``PostgresFailure``; what `insert` throws; ``StoreError/unavailable(_:detail:)`` where others are always quicker.
    func insertingNext(after greatest: String, _ insert: (Int64) throws -> Numbered) throws -> Int64 {
        for _ in 0..<100 {
            let number = try rows(greatest).integer(0, 0) + 1
            if case .known(let number) = try insert(number) { return number }
        }
        throw StoreError.unavailable(.overloaded, detail: "others are always quicker")
    }
}
