public import SendLogCore
import SendLogScheduling

/// Returns the size of the database.
extension PostgresStore: DatabaseSizeReader {
    /// See ``DatabaseSizeReader/databaseSize()``.
    ///
    /// On Citus the size is not known: a node knows only its own part.
    public func databaseSize() async throws(StoreError) -> DatabaseSize {
        try await performLong(for: .server) { connection in
            let rows = try connection.rows(Self.sizeSQL)
            return DatabaseSize(bytes: rows.isNull(0, 0) ? nil : try rows.count(0, 0), walBytes: nil)
        }
    }

    static let sizeSQL = """
        SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
            THEN pg_database_size(current_database()) END
        """
}
