import Foundation
public import SendLogCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Replaces a database with a backup.
public struct DatabaseRestore: Sendable {
    private let backup: String
    private let path: String
    private let options: SQLiteStore.Options

    /// Prepares to replace a database.
    ///
    /// - Parameters:
    ///   - backup: the path of the backup
    ///   - path: the path of the database, which need not exist
    ///   - options: the options for opening the restored database
    public init(_ backup: String, to path: String, options: SQLiteStore.Options) {
        (self.backup, self.path, self.options) = (backup, path, options)
    }

    /// Checks the backup, sets the database's files aside, and gives their name to a copy of the backup.
    ///
    /// A failure leaves the database as it is. If a crash comes in the moment between the new file and the end of the
    /// old WAL, opening the database is refused until the WAL is moved away; see ``WALGeneration``. A WAL that an earlier
    /// version wrote is not recognised in that moment.
    ///
    /// - Parameters:
    ///   - suffix: what follows the name of files that are set aside
    ///   - progress: see ``Maintenance/check(progress:)``
    /// - Returns: the name under which the database was set aside; `nil` if there was none.
    /// - Throws: ``StoreSetupError`` if a process uses the database, or if the backup is not a sound database.
    public func run(
        settingAsideWith suffix: String,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreSetupError) -> String? {
        try refuseUnusable()
        _ = try DatabaseLock(path)
        let copy = try UnfinishedFile.create(for: path, like: FileID(path: path) == nil ? backup : path)
        try copy.copy(from: backup)
        try copy.sync()
        try await check(copy.path, progress)
        try copy.sync()
        let lock = try DatabaseLock(path)
        defer { _ = lock }
        return try replace(with: copy, suffix)
    }

    private func refuseUnusable() throws(StoreSetupError) {
        let file = DatabaseFile(path: backup, lockTimeout: 0)
        guard let found = try file.inspect(forWriting: false) else {
            throw StoreSetupError("the backup \(backup) does not exist or is empty")
        }
        if found.id == FileID(path: path) {
            throw StoreSetupError("\(backup) is the database itself, not a backup of it")
        }
        if WALFile(of: backup) != nil {
            throw StoreSetupError(
                "\(backup)-wal has data of \(backup), which was not closed or is in use; make a backup of it with sendlog "
                    + "database backup, and restore that"
            )
        }
    }

    private func check(
        _ path: String,
        _ progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreSetupError) {
        let findings: [String]
        do {
            let store = try SQLiteStore(path: path, options: options)
            defer { store.close() }
            findings = try await store.check(progress: progress)
        } catch let error as StoreSetupError {
            // The copy is checked, whose path says nothing to the operator.
            let advice = "nothing was changed; use another backup"
            throw StoreSetupError(
                error.description.replacingOccurrences(of: path, with: backup)
                    .replacingOccurrences(of: DatabaseFile.damageAdvice, with: advice)
            )
        } catch { throw StoreSetupError("\(backup) cannot be checked: \(error)") }
        guard let first = findings.first else { return }
        throw StoreSetupError(
            "\(backup) is damaged, so it was not restored: \(first)"
                + (findings.count > 1 ? ", and \(findings.count - 1) other findings of sendlog database check" : "")
        )
    }

    /// Gives the database's files other names, and their names to the copy.
    private func replace(with copy: UnfinishedFile, _ suffix: String) throws(StoreSetupError) -> String? {
        let files = [path, "\(path)-wal", "\(path)-journal"].filter { FileID(path: $0) != nil }
        let aside = try unusedName("\(path)\(suffix)")
        var linked: [String] = []
        do throws(StoreSetupError) {
            for file in files {
                // SQLite finds the WAL of the file that was set aside by its name.
                let name = "\(aside)\(file.dropFirst(path.count))"
                guard link(file, name) == 0 else { throw UnfinishedFile.failure(name) }
                linked.append(name)
            }
            try copy.syncFolder()
            try copy.finish(replacesTarget: true)
        } catch {
            for name in linked { unlink(name) }
            throw error
        }
        // From here on the backup is the database, and the other names are the only ones of the previous files. A program
        // of an earlier version may have created these for all to read; only their owner may change that.
        for name in linked { chmod(name, UnfinishedFile.mode) }
        for companion in ["-wal", "-journal", "-shm"] { unlink(path + companion) }
        do throws(StoreSetupError) { try copy.syncFolder() } catch {
            let previous = files.isEmpty ? "" : "; the previous database is \(aside)"
            throw StoreSetupError("\(path) was restored, but not made durable: \(error)\(previous)")
        }
        return files.isEmpty ? nil : aside
    }

    /// Returns a name that no file has: the wanted one, or with a number after it.
    private func unusedName(_ wanted: String) throws(StoreSetupError) -> String {
        let names = [wanted] + (2...99).map { "\(wanted)-\($0)" }
        let unused = names.first { name in ["", "-wal", "-journal"].allSatisfy { FileID(path: name + $0) == nil } }
        guard let unused else { throw StoreSetupError("\(wanted) exists, and as many others as can be numbered") }
        return unused
    }
}
