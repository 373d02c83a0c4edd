import SendLogCore

/// Brings a database to the version that this program needs, while others may be doing the same.
struct Migration {
    let schema: Schema
    let connection: Connection
    /// What the database is called in messages.
    let location: PostgresLocation

    /// How many seconds to wait until another server has brought the tables up to date.
    static let patience = 600
    /// The oldest PostgreSQL that the statements are written for.
    private static let oldestServer = 140_000
    /// The lock that keeps others out meanwhile: "sendlog" (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
    private static let lock: Int64 = 0x73_656e_646c_6f67

    /// Makes the tables, or adds what newer versions have.
    ///
    /// - Parameter making: whether to make what is not there at all
    /// - Throws: ``StoreRefusal`` where the database is not for this program; ``PostgresFailure``.
    func run(making: Bool) throws {
        try refuseServer()
        if let found = try version(), try isFit(found) { return }
        guard try making || version() != nil else {
            throw StoreRefusal("there is no sendlog database in \(location) yet", isMissing: true)
        }
        // Before the transaction begins: one that waits for a lock may keep to what it knew of tables before. On Citus this lock is that of
        // one node; steps go to the coordinator, whose own locks on tables keep them in order.
        connection.limit = .seconds(Self.patience + 10)
        try connection.run("SELECT pg_advisory_lock(\(Self.lock))")
        defer { try? connection.run("SELECT pg_advisory_unlock(\(Self.lock))") }
        try connection.transaction {
            // Others may have been here while we waited.
            let found = try version()
            if let found, try isFit(found) { return }
            if found == nil { try refuseForeignTables() }
            try connection.run(Schema.versionTable)
            // Making an index may take long.
            connection.limit = nil
            for step in schema.steps[(found?.version ?? 0)...] { try connection.run(step.sql) }
            let oldest = schema.steps.map(\.oldest).max() ?? 1
            try connection.run(
                """
                INSERT INTO sendlog_schema (version, oldest) VALUES (\(schema.version), \(oldest))
                ON CONFLICT (singleton) DO UPDATE SET version = excluded.version, oldest = excluded.oldest
                """
            )
        }
    }

    /// The version that the database has, and the oldest whose programs it serves; `nil` where there is none.
    private func version() throws -> (version: Int, oldest: Int)? {
        let table = try connection.rows("SELECT to_regclass('sendlog_schema') IS NULL")
        if table.boolean(0, 0) { return nil }
        let rows = try connection.rows("SELECT version, oldest FROM sendlog_schema")
        return rows.count == 0 ? nil : (Int(rows.integer(0, 0)), Int(rows.integer(0, 1)))
    }

    /// Whether nothing needs to be done.
    private func isFit(_ found: (version: Int, oldest: Int)) throws -> Bool {
        guard found.oldest <= schema.version else {
            throw StoreRefusal(
                "\(location) was made for a newer sendlog, with version \(found.version) of the tables; this program knows \(schema.version)"
            )
        }
        return found.version >= schema.version
    }

    private func refuseServer() throws {
        guard connection.serverVersion >= Self.oldestServer else {
            throw StoreRefusal(
                "\(location) is on PostgreSQL \(connection.serverVersion / 10_000); sendlog needs 14 or later"
            )
        }
        let encoding = try connection.rows("SHOW server_encoding").text(0, 0)
        guard encoding == "UTF8" else {
            throw StoreRefusal(
                "\(location) is encoded in \(encoding); sendlog needs a database made with ENCODING 'UTF8'"
            )
        }
    }

    private func refuseForeignTables() throws {
        var parameters = Parameters()
        parameters.add(texts: Schema.referenceTables + Schema.distributedTables)
        let rows = try connection.rows(
            "SELECT n FROM unnest($1) n WHERE to_regclass(quote_ident(n)) IS NOT NULL AND n <> 'sendlog_schema'",
            parameters
        )
        guard rows.count == 0 else {
            throw StoreRefusal(
                "\(location) has a table \(rows.text(0, 0)) of another program; give sendlog a database of its own"
            )
        }
    }
}
