import GRDB
public import SendLogCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes backups.
extension SQLiteStore {
    /// See ``Maintenance/backUp(to:)``.
    public func backUp(to path: String) async throws(StoreSetupError) {
        guard access(path, F_OK) != 0 else {
            throw StoreSetupError("\(path) already exists; a backup overwrites no file")
        }
        let unfinished = try UnfinishedFile.create(for: path, like: file.path)
        do {
            // Use a separate connection, so that the writer continues to record.
            let source = try file.openReaders(1)
            for connection in source {
                try await connection.queue.unsafeRead { database in
                    try database.execute(sql: "VACUUM INTO ?", arguments: [unfinished.path])
                }
            }
            let backup = try DatabaseQueue(path: unfinished.path)
            try await backup.write { try $0.execute(sql: WALGeneration.separate.description) }
            try backup.close()
        } catch {
            let message = (error as? DatabaseError)?.message ?? "\(error)"
            throw StoreSetupError("the backup \(path) cannot be written: \(message)")
        }
        try unfinished.sync()
        try unfinished.finish()
        try unfinished.syncFolder()
    }

    /// Deletes what interrupted backups and restores have left in the folder of a database; those in progress stay.
    ///
    /// - Returns: the paths of the deleted files.
    public static func deleteUnfinishedBackups(beside path: String) -> [String] {
        UnfinishedFile.deleteLeftovers(in: UnfinishedFile.folder(of: path))
    }
}
