#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file that is open for reading.
///
/// Of a database's main file, one stays open for as long as SQLite has the file open: when a process closes a file, it
/// loses SQLite's locks on it (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
final class OpenFile: Sendable {
    private let descriptor: Int32

    /// Opens a file; `nil`, with the reason in `errno`, if that fails.
    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        // `deinit` does not run for an object that is not initialised; it would change `errno`.
        if descriptor < 0 { return nil }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Marks the file as a server's until it is closed, and returns whether no other server has it marked.
    ///
    /// SQLite does not use this kind of lock, and short commands do not take it. On a file system without it, no other
    /// server is found.
    func lockAsServer() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK }

    /// Fills the bytes from an offset on, and returns whether the file has as many.
    func read(at offset: Int, into bytes: inout [UInt8]) -> Bool {
        bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) == $0.count }
    }

    /// Whether the file has no bytes.
    var isEmpty: Bool {
        var first: [UInt8] = [0]
        return !read(at: 0, into: &first)
    }

    /// The device and the inode, which distinguish the file from all others.
    var id: FileID? { FileID(descriptor: descriptor) }

    /// Returns the length in bytes of the file that has a path; `nil` if there is none.
    ///
    /// The file is not opened: closing it would lose SQLite's locks.
    static func size(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }
}

/// The device and the inode, which distinguish a file from all others.
struct FileID: Equatable {
    private let device: dev_t
    private let inode: ino_t

    /// Returns the file that has a path; `nil` if there is none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    fileprivate init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        (device, inode) = (status.st_dev, status.st_ino)
    }
}
