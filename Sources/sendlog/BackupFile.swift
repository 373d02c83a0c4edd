import ArgumentParser
import SendLogServer

/// The argument that names a backup.
enum BackupFile {
    /// Parses the path of a file, which may follow `sqlite:` as in the location of a database.
    static func path(_ text: String) throws -> String {
        let scheme = DatabaseLocation.scheme
        let path = text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : text[...]
        guard !path.isEmpty, !["postgres:", "postgresql:"].contains(where: path.hasPrefix) else {
            throw ValidationError("it must be the path of a file; for PostgreSQL, use pg_dump and pg_restore")
        }
        return String(path)
    }
}
