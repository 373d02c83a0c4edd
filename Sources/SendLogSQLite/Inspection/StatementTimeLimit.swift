import GRDB
import GRDBSQLite

/// Ends the statements of a connection that take too long; it must exist for as long as the connection is used.
final class StatementTimeLimit {
    private var end: ContinuousClock.Instant?

    /// The number of SQLite's virtual machine instructions between two looks at the clock: some milliseconds.
    private static let instructions: Int32 = 20_000

    /// Limits the statements of a connection.
    init(on connection: Connection) {
        sqlite3_progress_handler(
            connection.handle,
            Self.instructions,
            { limit in
                guard let limit else { return 0 }
                return Unmanaged<StatementTimeLimit>.fromOpaque(limit).takeUnretainedValue().isOver ? 1 : 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    private var isOver: Bool { end.map { .now >= $0 } ?? false }

    /// Runs a closure whose statements may take some time in total.
    ///
    /// - Returns: the result of `body`; `nil` if it took longer.
    /// - Throws: the errors of `body`.
    func run<Result>(atMost seconds: Int, _ body: () throws -> Result) throws -> Result? {
        end = .now + .seconds(seconds)
        defer { end = nil }
        do { return try body() } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
            return nil
        }
    }
}
