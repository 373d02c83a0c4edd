import SendLogCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Chunks of a long list in a file without a name, which is gone with the process whatever happens to it.
final class ChunkSpool: DestinationSpool {
    private let file: Int32
    private let length = Mutex(0)

    /// Makes an empty spool.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` where the folder takes no file.
    init(folder: String) throws(StoreError) {
        var template = Array("\(folder)/sendlog-spool-XXXXXX".utf8CString)
        file = mkstemp(&template)
        guard file >= 0 else { throw Self.failure("make a file in the spool folder") }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit {
        close(file)
    }

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
                let count = bytes[done...].withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, length + done) }
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
        var place = 0
        while place < end {
            let head = try read(16, at: place).withUnsafeBytes { bytes in
                (0..<4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
            }
            let chunk = DestinationChunk(
                count: Int(head[0]),
                length: Int(head[1]),
                crc: head[2],
                body: try read(Int(head[3]), at: place + 16)
            )
            place += 16 + chunk.body.count
            try body(chunk)
        }
    }

    private func read(_ count: Int, at place: Int) throws(StoreError) -> [UInt8] {
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while done < count {
                let part = pread(file, buffer.baseAddress.map { $0 + done }, count - done, place + done)
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
        let isFull = code == ENOSPC || code == EDQUOT
        return .unavailable(
            isFull ? .full : .inputOutput,
            detail: "cannot \(action): \(String(cString: strerror(code)))"
        )
    }
}
