public import SendLogCore

/// Returns the sizes of the database's files.
extension SQLiteStore: DatabaseSizeReader {
    /// See ``DatabaseSizeReader/databaseSize()``.
    public func databaseSize() async throws(StoreError) -> DatabaseSize {
        DatabaseSize(bytes: OpenFile.size(of: file.path), walBytes: OpenFile.size(of: "\(file.path)-wal") ?? 0)
    }
}
