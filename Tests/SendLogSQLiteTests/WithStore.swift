import SendLogCore
import SendLogSQLite
import TestSupport

/// Runs a test on a store in a new file, and closes the store afterwards.
func withStore(
    _ options: SQLiteStore.Options = .init(readers: 2),
    _ body: (SQLiteStore, TemporaryFolder) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(path: folder.file(), options: options)
    defer { store.close() }
    try await body(store, folder)
}
