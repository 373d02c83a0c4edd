import Foundation
import SendLogCore
import Synchronization

/// A spool of chunks in an unlinked file, which the operating system removes when the process ends, even by a crash.
final class ChunkSpool: DestinationSpool {
    private let fileDescriptor: Int32
    private let length = Mutex(0)

    /// Creates an empty spool.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if no file can be created in the folder.
    init(folder: String) throws(StoreError) {
        var template = Array("\(folder)/sendlog-spool-XXXXXX".utf8CString)
        fileDescriptor = mkstemp(&template)
        guard fileDescriptor >= 0 else { throw Self.failure("create a file in the spool folder") }
        _ = fcntl(fileDescriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit { close(fileDescriptor) }

    func append(_ chunk: DestinationChunk) throws(StoreError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + chunk.body.count)
        for number in [UInt32(chunk.count), UInt32(chunk.length), chunk.crc, UInt32(chunk.body.count)] {
            withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: chunk.body)
        let written = length.withLock { length in
            var done = 0
            while done < bytes.count {
                let count = bytes[done...].withUnsafeBytes {
                    pwrite(fileDescriptor, $0.baseAddress, $0.count, length + done)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            length += done
            return true
        }
        guard written else { throw Self.failure("write to the spool folder") }
    }

    func forEachChunk(_ body: (DestinationChunk) throws -> Void) throws {
        let end = length.withLock { $0 }
        var offset = 0
        while offset < end {
            let head = try read(16, at: offset).withUnsafeBytes { bytes in
                (0..<4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
            }
            let chunk = DestinationChunk(
                count: Int(head[0]),
                length: Int(head[1]),
                crc: head[2],
                body: try read(Int(head[3]), at: offset + 16)
            )
            offset += 16 + chunk.body.count
            try body(chunk)
        }
    }

    private func read(_ count: Int, at offset: Int) throws(StoreError) -> [UInt8] {
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
        return .unavailable(code == ENOSPC || code == EDQUOT ? .full : .inputOutput, detail: detail)
    }
}
