import Foundation
import Glibc

/// A disk of a few megabytes, in memory, that a test can fill.
package final class SmallDisk: Sendable {
    package let folder: TemporaryFolder

    /// Mounts it; the tests must run as root.
    package init(megabytes: Int) throws {
        folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw TestFailure.system("mount a tmpfs, which requires root")
        }
        Leftovers.add(mount: folder.path)
    }

    deinit {
        umount2(folder.path, Int32(MNT_DETACH))
        Leftovers.remove(mount: folder.path)
    }

    /// Fills the disk, or `bytes` of it.
    package func fill(atMost bytes: Int = .max) throws {
        let file = open(folder.file("filler"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TestFailure.system("open") }
        defer { close(file) }
        let piece = [UInt8](repeating: 0, count: 4096)
        var filled = 0
        while filled < bytes, case let count = write(file, piece, piece.count), count > 0 { filled += count }
    }

    /// Frees the space again.
    package func empty() throws {
        try FileManager.default.removeItem(atPath: folder.file("filler"))
    }

    /// Mounts it again, read-only or writable.
    package func remount(isReadOnly: Bool) throws {
        let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
        guard mount("tmpfs", folder.path, "tmpfs", flags, nil) == 0 else { throw TestFailure.system("remount a tmpfs") }
    }
}
