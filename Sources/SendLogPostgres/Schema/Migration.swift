import Foundation
import SendLogCore

/// Migrates a database to the schema version of this program; several servers may do so at the same time.
struct Migration {
    let schema: Schema
    let connection: Connection
    /// The name of the database in messages.
    let location: PostgresLocation

    /// The time to wait while another server migrates the tables, or until the tables can be locked, in seconds.
    static let lockTimeout = 600
    /// The time to wait for the lock of a table at a time, in seconds; shorter than the lock timeout of servers.
    private static let tableLockTimeout = 2
    /// The oldest supported PostgreSQL version, as libpq numbers it.
    private static let oldestServer = 140_000
    /// The key of the advisory lock that lets one server migrate at a time: "sendlog" in ASCII.
    ///
    /// See <https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>.
    private static let lock: Int64 = 0x73_656e_646c_6f67

    /// Creates the tables, or runs the steps that the database lacks.
    ///
    /// - Parameter createsTables: whether to create the tables if there are none
    /// - Returns: whether it created the tables.
    /// - Throws: ``StoreSetupError`` if this program cannot use the database; ``PostgresFailure``.
    @discardableResult func run(createsTables: Bool) throws -> Bool {
        try requireSupportedServer()
        if let found = try version(), try isUpToDate(found) { return false }
        try requireCoordinator()
        guard try createsTables || version() != nil else {
            throw StoreSetupError("\(location) is not a sendlog database yet", isMissing: true)
        }
        // Locks before BEGIN: a transaction that waits for the lock may keep using an older view of the tables.
        // On Citus the lock is local to one node; the steps go to the coordinator, whose table locks serialize them.
        connection.statementTimeout = .seconds(Self.lockTimeout + 10)
        try connection.run("SELECT pg_advisory_lock(\(Self.lock))")
        defer { try? connection.run("SELECT pg_advisory_unlock(\(Self.lock))") }
        let deadline = ContinuousClock.now + .seconds(Self.lockTimeout)
        while true {
            do { return try migrate() } catch let failure as PostgresFailure {
                guard failure.kind == .state("55P03"), .now < deadline else { throw failure }
                // Lets the statements run that queue behind this one, and the transaction that uses the table end.
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }

    /// Runs the steps that the database lacks, in one transaction.
    ///
    /// - Returns: whether there were no tables before.
    /// - Throws: ``PostgresFailure`` with SQLSTATE 55P03 if another session, such as a backup, uses a table for long.
    private func migrate() throws -> Bool {
        var isNew = false
        try connection.transaction {
            // Another server may have migrated the database while this one waited.
            let found = try version()
            if let found, try isUpToDate(found) { return }
            isNew = found == nil
            if isNew { try requireNoForeignTables() }
            // All statements of running servers queue behind a lock that this transaction waits for.
            try connection.run("SET LOCAL lock_timeout = '\(Self.tableLockTimeout)s'")
            try connection.run(Schema.versionTable)
            // Creating an index may take long.
            connection.statementTimeout = nil
            let former = try tables()
            for step in schema.steps[(found?.version ?? 0)...] { try connection.run(step.sql) }
            try distribute(except: former)
            let oldest = schema.steps.map(\.oldestCompatible).max() ?? 1
            try connection.run(
                """
                INSERT INTO sendlog_schema (version, oldest) VALUES (\(schema.version), \(oldest))
                ON CONFLICT (singleton) DO UPDATE SET version = excluded.version, oldest = excluded.oldest
                """
            )
        }
        return isNew
    }

    /// Distributes what the steps created, if the database is distributed over a Citus cluster.
    private func distribute(except former: Set<String>) throws {
        guard try Distribution.isDistributed(connection) else { return }
        let distribution = Distribution(connection: connection, location: location, shards: 0)
        for step in try distribution.steps(except: former) { try connection.run(step.sql) }
    }

    /// Returns the names of the store's tables that exist.
    private func tables() throws -> Set<String> {
        let parameters = Parameters(Schema.referenceTables + Schema.distributedTables)
        let rows = try connection.rows("SELECT n FROM unnest($1) n WHERE to_regclass(n) IS NOT NULL", parameters)
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }

    /// Returns the database's schema version and the oldest version that works with it; `nil` if there are no tables.
    func version() throws -> (version: Int, oldest: Int)? {
        let table = try connection.rows("SELECT to_regclass('sendlog_schema') IS NULL")
        if table.boolean(0, 0) { return nil }
        let rows = try connection.rows("SELECT version, oldest FROM sendlog_schema")
        return rows.count == 0 ? nil : (Int(rows.integer(0, 0)), Int(rows.integer(0, 1)))
    }

    /// Returns whether no migration is needed.
    ///
    /// - Throws: ``StoreSetupError`` if the database is too new for this program.
    func isUpToDate(_ found: (version: Int, oldest: Int)) throws -> Bool {
        guard found.oldest <= schema.version else {
            throw StoreSetupError(
                "\(location) was written by a newer sendlog (schema version \(found.version); this version supports up to \(schema.version)); upgrade sendlog"
            )
        }
        return found.version >= schema.version
    }

    /// - Throws: ``StoreSetupError`` if the server is too old, or the database has another encoding than UTF-8.
    func requireSupportedServer() throws {
        guard connection.serverVersion >= Self.oldestServer else {
            throw StoreSetupError(
                "\(location) runs on PostgreSQL \(connection.serverVersion / 10_000); sendlog needs 14 or later"
            )
        }
        let encoding = try connection.rows("SHOW server_encoding").text(0, 0)
        guard encoding == "UTF8" else {
            throw StoreSetupError("\(location) has encoding \(encoding); create the database with ENCODING 'UTF8'")
        }
    }

    /// Refuses to create or change tables through a worker of a Citus cluster, where they would remain local.
    private func requireCoordinator() throws {
        guard try ClusterState.isWorker(connection) else { return }
        let isNew = try version() == nil
        let change = isNew ? "has no tables of sendlog" : "has the tables of an earlier version"
        throw StoreSetupError(
            """
            \(location) is a worker of a Citus cluster and \(change); connect to the coordinator, which creates and migrates them\
            \(isNew ? ", then run sendlog database distribute" : "")
            """
        )
    }

    private func requireNoForeignTables() throws {
        let parameters = Parameters(Schema.referenceTables + Schema.distributedTables)
        let rows = try connection.rows(
            "SELECT n FROM unnest($1) n WHERE to_regclass(quote_ident(n)) IS NOT NULL AND n <> 'sendlog_schema'",
            parameters
        )
        guard rows.count == 0 else {
            throw StoreSetupError(
                "\(location) has a table \(rows.text(0, 0)) of another program; create a separate database for sendlog"
            )
        }
    }
}
