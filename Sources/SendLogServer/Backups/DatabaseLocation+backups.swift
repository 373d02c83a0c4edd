public import SendLogCore
import SendLogSQLite

/// Backups of a SQLite file.
extension DatabaseLocation {
    /// The full path of the SQLite file; `nil` for PostgreSQL.
    var filePath: String? { if case .file(let path) = backend { Self.fullPath(path) } else { nil } }

    /// The record of the backups; `nil` for PostgreSQL.
    var backupRecord: BackupRecord? { filePath.map { BackupRecord(of: $0) } }

    /// Records that a backup was written, so that its age is known.
    ///
    /// - Parameters:
    ///   - file: the path of the backup
    ///   - time: when the backup began
    /// - Throws: ``StoreSetupError`` if the record cannot be written.
    public func recordBackup(_ file: String, at time: Timestamp) throws(StoreSetupError) {
        try backupRecord?.add(BackupRecord.Entry(at: time, file: Self.fullPath(file)))
    }

    /// Deletes what interrupted backups and restores have left in the database's folder; those in progress stay.
    ///
    /// - Returns: the paths of the deleted files.
    func deleteUnfinishedBackups() -> [String] {
        filePath.map { SQLiteStore.deleteUnfinishedBackups(beside: $0) } ?? []
    }
}
