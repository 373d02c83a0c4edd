import Foundation

/// The files that the program creates.
enum NewFiles {
    /// Lets only the owner read and write new files: databases and backups have numbers, messages and secrets.
    ///
    /// The umask that the program was started with does not apply, so every new file has the mode 0600, and no file has
    /// a mode with which SQLite could not open it. SQLite gives `-wal` and `-shm` files the mode of their database.
    static func restrictToOwner() { umask(0o077) }
}
