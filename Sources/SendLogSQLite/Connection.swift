import GRDB
import GRDBSQLite

/// A connection to the database and the statements that it keeps prepared.
///
/// GRDB opens, configures and closes it. What runs on it goes to SQLite's own functions, since GRDB's bookkeeping costs several times what a
/// point read does. One caller at a time may use it: who leased it from a ``ReaderPool``, or who is in the writer's queue.
// Sendable unchecked: `ReaderPool` takes a connection out of its idle ones under a lock before it lends it, and closes none
// that is lent; whoever writes is in `queue`, which is serial. SQLite does not mind which thread the one caller is on
// (https://www.sqlite.org/threadsafe.html).
final class Connection: @unchecked Sendable {
    let queue: DatabaseQueue
    let handle: OpaquePointer
    /// By where the text lies in the program, which is quicker to look up than the text.
    private var fixed: [UnsafePointer<UInt8>: OpaquePointer] = [:]
    private var made: [String: OpaquePointer] = [:]
    private(set) var isClosed = false

    init(_ queue: DatabaseQueue) throws {
        self.queue = queue
        handle = try queue.unsafeRead { database in
            guard let handle = database.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
            return handle
        }
    }

    func statement(_ sql: StaticString) throws -> OpaquePointer {
        if let known = fixed[sql.utf8Start] { return known }
        let statement = try prepare(sql.description)
        fixed[sql.utf8Start] = statement
        return statement
    }

    func statement(made sql: String) throws -> OpaquePointer {
        if let known = made[sql] { return known }
        let statement = try prepare(sql)
        made[sql] = statement
        return statement
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        // The handle is no more.
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

    /// How many rows the last statement wrote.
    var rowsWritten: Int { Int(sqlite3_changes(handle)) }

    /// The row id of the row that was inserted last.
    var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Waits for whoever is in the connection's queue, and closes it; who comes later is told so.
    func close() throws {
        queue.inDatabase { _ in
            for statement in fixed.values { sqlite3_finalize(statement) }
            for statement in made.values { sqlite3_finalize(statement) }
            (fixed, made, isClosed) = ([:], [:], true)
        }
        try queue.close()
    }
}
