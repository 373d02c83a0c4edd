import GRDB
import GRDBSQLite

/// Runs closures in transactions, and rolls back the failed ones.
extension Connection {
    /// Runs a closure in a read transaction, so that all its reads see one snapshot.
    func snapshot<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try Query("BEGIN", on: self).run()
        return try commitOrRollBack(body) { try Query("COMMIT", on: self).run() }
    }

    /// Runs a closure in a write transaction; call it in the connection's queue.
    func transaction<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try Query("BEGIN IMMEDIATE", on: self).run()
        return try commitOrRollBack(body) { try WALWrites.collect(on: handle) { try Query("COMMIT", on: self).run() } }
    }

    /// Waits for the connection's queue, then runs a closure in a write transaction.
    func write<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try queue.writeWithoutTransaction { _ in
            try commitHandler?.willWrite()
            let result = try transaction(body)
            try commitHandler?.didCommit(on: self)
            return result
        }
    }

    private func commitOrRollBack<Result>(
        _ body: (Connection) throws -> Result,
        _ commit: () throws -> Void
    ) throws -> Result {
        do {
            let result = try body(self)
            try commit()
            return result
        } catch {
            // SQLite may already have rolled back the transaction.
            if !isClosed, sqlite3_get_autocommit(handle) == 0 { try? Query("ROLLBACK", on: self).run() }
            throw error
        }
    }
}
