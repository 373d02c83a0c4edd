import CZlib
import Synchronization

/// Compression of the chunks of destination lists as raw DEFLATE (<https://www.rfc-editor.org/rfc/rfc1951>).
///
/// Lists of numbers, which nearly all lists are, use ``DigitHuffmanCode``; other texts use zlib. The zlib streams are
/// pooled, because the setup of a stream costs more than the compression of a short list.
enum Deflate {
    /// The maximum length in bytes of a text that is stored uncompressed.
    private static let maxStoredLength = 64
    /// The maximum length in bytes of a list that is compressed with a small window, which is quick to clear.
    private static let maxSmallWindowLength = 4096
    /// The maximum length in bytes of a decompressed text; the text of any chunk is shorter.
    private static let maxTextLength = 1 << 20

    private static let smallCompressors = Pool { Compressor(level: 6, windowBits: 12, memoryLevel: 5) }
    private static let compressors = Pool { Compressor(level: 4, windowBits: 15, memoryLevel: 9) }
    private static let decompressors = Pool { Decompressor() }

    /// Compresses a text to whole bytes, such that no later block refers back into it.
    static func compress(_ text: [UInt8]) -> [UInt8] {
        if text.count <= maxStoredLength { return stored(text) }
        if let body = DigitHuffmanCode.compress(text) { return body }
        return (text.count <= maxSmallWindowLength ? smallCompressors : compressors).withElement { $0.compress(text) }
    }

    /// Decompresses the body of a chunk.
    ///
    /// - Parameters:
    ///   - body: the chunk's body
    ///   - text: the output buffer, exactly as long as the text
    /// - Returns: whether the body is the compressed form of a text of that length.
    static func decompress(_ body: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) -> Bool {
        // Lengths come from the database and may be corrupted, so they are checked.
        guard isLength(text.count), body.count <= 2 * maxTextLength else { return false }
        let body = body.assumingMemoryBound(to: UInt8.self)
        if let stored = storedText(body), stored.count == text.count {
            text.copyMemory(from: UnsafeRawBufferPointer(stored))
            return true
        }
        // A body that only begins like a stored block or with the fixed header is other DEFLATE data.
        if DigitHuffmanCode.hasHeader(body), DigitHuffmanCode.decompress(body, into: text) { return true }
        return decompressors.withElement { $0.decompress(body, into: text) }
    }

    /// Returns whether a length, in bytes, is valid for the text of a chunk.
    static func isLength(_ length: Int) -> Bool { (1...maxTextLength).contains(length) }

    /// Returns a text as a stored block, which ends at a byte boundary
    /// (<https://www.rfc-editor.org/rfc/rfc1951#page-11>).
    private static func stored(_ text: [UInt8]) -> [UInt8] {
        let length = UInt8(text.count)
        return [0, length, 0, ~length, 0xff] + text
    }

    /// Returns the text of a body that is a single stored block; `nil` for any other body.
    private static func storedText(_ body: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        guard body.count > 5, body[0] == 0, Int(body[1]) | Int(body[2]) << 8 == body.count - 5, body[3] == ~body[1],
            body[4] == ~body[2]
        else { return nil }
        return UnsafeBufferPointer(rebasing: body[5...])
    }

    /// Returns whether a body can be part of a longer stream, judging by its first and last bytes only.
    ///
    /// It can if it is a single stored block, or if it ends with an empty stored block, after which
    /// the stream is at a byte boundary.
    static func isJoinable(_ body: UnsafeRawBufferPointer) -> Bool {
        storedText(body.assumingMemoryBound(to: UInt8.self)) != nil || body.suffix(4).elementsEqual([0, 0, 0xff, 0xff])
    }

    static func crc(_ text: [UInt8]) -> UInt32 {
        text.withUnsafeBytes { CRC32.of($0) }
    }

    /// Returns the checksum of a text, given the checksum of its first part, and checksum and length of its last part.
    static func combine(_ crc: UInt32, _ last: UInt32, length: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine(UInt(crc), UInt(last), length))
    }
}

/// A pool of objects that one caller at a time can use; it creates another object if all are in use.
private final class Pool<Element: AnyObject & Sendable>: Sendable {
    private let idle = Mutex<[Element]>([])
    private let make: @Sendable () -> Element

    init(_ make: @escaping @Sendable () -> Element) { self.make = make }

    func withElement<Result>(_ body: (Element) -> Result) -> Result {
        let element = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(element) } }
        return body(element)
    }
}

// Unchecked Sendable: the class is private to this file, and only a `Pool` holds instances. The pool removes an
// instance under its lock before a caller uses it, so no two callers share one. zlib keeps all state of a stream in the
// stream (https://zlib.net/zlib_faq.html#faq21).
private final class Compressor: @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int32, windowBits: Int32, memoryLevel: Int32) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream,
            level,
            Z_DEFLATED,
            -windowBits,
            memoryLevel,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        precondition(status == Z_OK, "deflateInit2 failed: out of memory")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func compress(_ text: [UInt8]) -> [UInt8] {
        deflateReset(stream)
        let room = Int(deflateBound(stream, UInt(text.count))) + 16
        return [UInt8](unsafeUninitializedCapacity: room) { output, count in
            text.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                let status = deflate(stream, Z_FULL_FLUSH)
                precondition(status == Z_OK && stream.pointee.avail_in == 0, "deflate takes all of a bounded input")
            }
            count = room - Int(stream.pointee.avail_out)
        }
    }
}

// Unchecked Sendable: as with `Compressor`, only a `Pool` holds instances, and one caller at a time uses each.
private final class Decompressor: @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "inflateInit2 failed: out of memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func decompress(_ body: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableRawBufferPointer) -> Bool {
        inflateReset(stream)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: body.baseAddress)
        stream.pointee.avail_in = UInt32(body.count)
        stream.pointee.next_out = text.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(text.count)
        let status = inflate(stream, Z_SYNC_FLUSH)
        guard status == Z_OK || status == Z_BUF_ERROR, stream.pointee.avail_out == 0 else { return false }
        // Only the end of the last block may follow.
        var more: UInt8 = 0
        return withUnsafeMutablePointer(to: &more) { more in
            (stream.pointee.next_out, stream.pointee.avail_out) = (more, 1)
            while stream.pointee.avail_in > 0 {
                guard inflate(stream, Z_BLOCK) == Z_OK, stream.pointee.avail_out == 1 else { return false }
            }
            // The stream is between two blocks, neither of them final, and at a byte boundary: see `inflate` in zlib.h.
            return stream.pointee.data_type & 0xff == 0x80
        }
    }
}
