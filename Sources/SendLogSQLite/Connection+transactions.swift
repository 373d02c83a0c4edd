import GRDB
import GRDBSQLite

extension Connection {
    /// Runs the body within a read transaction: all that it reads is of one moment.
    func snapshot<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try Query("BEGIN", on: self).run()
        return try ending(body)
    }

    private func transaction<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try Query("BEGIN IMMEDIATE", on: self).run()
        return try ending(body)
    }

    /// Waits for the writer's turn, and runs the body within a transaction.
    func write<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try queue.writeWithoutTransaction { _ in try transaction(body) }
    }

    private func ending<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        do {
            let result = try body(self)
            try Query("COMMIT", on: self).run()
            return result
        } catch {
            // SQLite may have rolled back by itself.
            if !isClosed, sqlite3_get_autocommit(handle) == 0 { try? Query("ROLLBACK", on: self).run() }
            throw error
        }
    }
}
