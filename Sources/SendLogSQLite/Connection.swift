import GRDB
import GRDBSQLite

/// A connection to the database, with its cache of prepared statements.
///
/// GRDB opens, configures and closes the connection. Statements call SQLite's C functions directly, because GRDB's
/// bookkeeping costs several times as much as a point read. Only one caller can use a connection at a time: the caller
/// that acquired it from a ``ReaderPool``, or the caller in the writer's queue.
// Sendable unchecked: `ReaderPool` removes a connection from its idle connections under a lock before a caller gets it,
// and never closes a connection in use. Writers run in `queue`, and checkpoints in that of `Checkpointer`; both are
// serial. SQLite allows the one caller to be on any thread (https://www.sqlite.org/threadsafe.html).
final class Connection: @unchecked Sendable {
    let queue: DatabaseQueue
    let handle: OpaquePointer
    /// The prepared statements by the address of their SQL text, which is faster to look up than the text.
    private var staticStatements: [UnsafePointer<UInt8>: OpaquePointer] = [:]
    private var dynamicStatements: [String: OpaquePointer] = [:]
    private(set) var isClosed = false
    /// The snapshot of point reads.
    var sharedSnapshot = SharedSnapshot()
    /// What follows each commit; `nil` for connections that only read.
    private(set) var commitHandler: CommitHandler?

    init(_ queue: DatabaseQueue) throws {
        self.queue = queue
        handle = try queue.unsafeRead { database in
            guard let handle = database.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
            return handle
        }
    }

    /// Sets what follows each commit, before the connection is used.
    func follow(_ handler: CommitHandler) { commitHandler = handler }

    func statement(_ sql: StaticString) throws -> OpaquePointer {
        if let known = staticStatements[sql.utf8Start] { return known }
        let statement = try prepare(sql.description)
        staticStatements[sql.utf8Start] = statement
        return statement
    }

    func statement(dynamicSQL sql: String) throws -> OpaquePointer {
        if let known = dynamicStatements[sql] { return known }
        let statement = try prepare(sql)
        dynamicStatements[sql] = statement
        return statement
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        // The handle is invalid once the connection is closed.
        if isClosed { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        var statement: OpaquePointer?
        let status = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard status == SQLITE_OK, let statement else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: status),
                message: String(cString: sqlite3_errmsg(handle))
            )
        }
        return statement
    }

    /// The number of rows that the last statement wrote.
    var affectedRows: Int { Int(sqlite3_changes(handle)) }

    /// The row ID of the last inserted row.
    var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Waits for the caller in the connection's queue, and closes the connection.
    ///
    /// Later calls fail with `SQLITE_MISUSE`.
    ///
    /// - Throws: `DatabaseError` if GRDB cannot close the connection.
    func close() throws {
        queue.inDatabase { _ in
            if !isClosed { commitHandler?.willClose(on: self) }
            for statement in staticStatements.values { sqlite3_finalize(statement) }
            for statement in dynamicStatements.values { sqlite3_finalize(statement) }
            (staticStatements, dynamicStatements, isClosed) = ([:], [:], true)
        }
        try queue.close()
        commitHandler = nil
    }
}
