import Foundation

/// Finds a WAL that has grown because it cannot be moved into the database file.
enum WALCheck {
    /// The size in bytes above which a WAL is too long: 256 MiB, eight times the size at which a server moves it.
    private static let maxSize = 256 << 20

    /// Returns the finding about the WAL of a SQLite file; `nil` if there is none, or a short one.
    static func finding(of database: DatabaseLocation) -> DoctorFinding? {
        guard let path = database.filePath.map({ "\($0)-wal" }) else { return nil }
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > maxSize else { return nil }
        return DoctorFinding(
            .wal,
            .warning,
            "\(path) has \(FreeSpaceCheck.text(UInt64(status.st_size)))",
            advice: "end the program that reads the database for so long, such as a backup or sqlite3; "
                + "if there is none, restart the server"
        )
    }
}
