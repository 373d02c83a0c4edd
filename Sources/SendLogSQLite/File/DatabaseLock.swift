import SendLogCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// SQLite's locks on a database file and its `-shm` file, which no other process can then have.
///
/// A process that has a database in WAL mode open holds a lock on a byte of the `-shm` file, and in other modes it locks
/// the file itself while it reads or writes (`os_unix.c` of SQLite has the offsets).
final class DatabaseLock {
    private let descriptors: [Int32]

    static let locked = (file: (0x4000_0000, 512), index: (120, 9))

    /// Acquires the locks.
    ///
    /// This process must not have the database open: it would lose SQLite's locks when this lock is released.
    ///
    /// - Throws: ``StoreSetupError`` if another process uses the database.
    init(_ database: String) throws(StoreSetupError) {
        var descriptors: [Int32] = []
        var problem: String?
        for (path, (start, length)) in [(database, Self.locked.file), ("\(database)-shm", Self.locked.index)] {
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            if descriptor < 0, errno == ENOENT { continue }
            guard descriptor >= 0 else {
                problem = "\(path) cannot be opened: \(String(cString: strerror(errno)))"
                break
            }
            descriptors.append(descriptor)
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_whence = Int16(SEEK_SET)
            (lock.l_start, lock.l_len) = (off_t(start), off_t(length))
            if fcntl(descriptor, F_SETLK, &lock) == 0 { continue }
            _ = fcntl(descriptor, F_GETLK, &lock)
            let isKnown = lock.l_type != Int16(F_UNLCK) && lock.l_pid > 0
            problem = "\(database) is in use by \(isKnown ? "process \(lock.l_pid)" : "another process"); stop it first"
        }
        self.descriptors = descriptors
        if let problem { throw StoreSetupError("\(problem). Nothing was changed") }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
