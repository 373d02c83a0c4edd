#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The process that has a database in WAL mode open.
public enum DatabaseUser {
    /// Returns the ID of a process that has a database open; `nil` if there is none.
    ///
    /// This process must not have the database open: it would lose SQLite's locks when the file is closed.
    public static func process(using path: String) -> Int32? {
        let descriptor = open("\(path)-shm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        (lock.l_start, lock.l_len) = (off_t(DatabaseLock.locked.index.0), off_t(DatabaseLock.locked.index.1))
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK), lock.l_pid > 0 else { return nil }
        return lock.l_pid
    }
}
