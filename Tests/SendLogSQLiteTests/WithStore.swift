import SendLogCore
import SendLogSQLite
import TestSupport

/// Runs a test on an embedded store of its own in a real file, which is closed afterwards.
func withStore(
    _ options: SQLiteStore.Options = .init(readers: 2),
    _ body: (SQLiteStore, TemporaryFolder) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(path: folder.file(), options: options)
    defer { store.close() }
    try await body(store, folder)
}
