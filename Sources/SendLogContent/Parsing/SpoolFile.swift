import Foundation
package import SendLogCore
import Synchronization

/// A file without a name, which the operating system removes when the process ends, even by a crash.
package final class SpoolFile: Sendable {
    private let fileDescriptor: Int32
    private let end = Mutex(0)

    /// Creates an empty file.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if no file can be created in the folder.
    package init(folder: String) throws(StoreError) {
        var template = Array("\(folder)/sendlog-spool-XXXXXX".utf8CString)
        fileDescriptor = mkstemp(&template)
        guard fileDescriptor >= 0 else { throw Self.failure("create a file in the spool folder") }
        _ = fcntl(fileDescriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit { close(fileDescriptor) }

    /// The length in bytes.
    package var length: Int { end.withLock { $0 } }

    /// Appends bytes at the end.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    package func append(_ bytes: [UInt8]) throws(StoreError) {
        let written = end.withLock { end in
            var done = 0
            while done < bytes.count {
                let count = bytes[done...].withUnsafeBytes {
                    pwrite(fileDescriptor, $0.baseAddress, $0.count, end + done)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            end += done
            return true
        }
        guard written else { throw Self.failure("write to the spool folder") }
    }

    /// Reads bytes that were appended.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    package func read(_ count: Int, at offset: Int) throws(StoreError) -> [UInt8] {
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while done < count {
                let part = pread(fileDescriptor, buffer.baseAddress.map { $0 + done }, count - done, offset + done)
                if part < 0, errno == EINTR { continue }
                guard part > 0 else { break }
                done += part
            }
            filled = done
        }
        guard done == count else { throw Self.failure("read the spool folder") }
        return bytes
    }

    private static func failure(_ action: String) -> StoreError {
        let code = errno
        let detail = "cannot \(action): \(String(cString: strerror(code)))"
        return .unavailable(code == ENOSPC || code == EDQUOT ? .full : .spoolFolder, detail: detail)
    }
}
