import CZlib
import Synchronization

/// Compresses and expands the chunks of destination lists as raw DEFLATE (<https://www.rfc-editor.org/rfc/rfc1951>).
///
/// Lists of numbers, nearly all there are, have a code of their own; all else is left to zlib, whose working memory is kept between calls:
/// setting it up costs more than a short list's compression.
enum Deflate {
    /// Texts up to this many bytes are stored as they are.
    private static let tiny = 64
    /// Lists up to this many bytes do with a small window, which is quick to clear.
    private static let small = 4096
    /// More than the text of any chunk is long.
    private static let longestText = 1 << 20

    private static let smallCompressors = Pool { Compressor(level: 6, windowBits: 12, memoryLevel: 5) }
    private static let compressors = Pool { Compressor(level: 4, windowBits: 15, memoryLevel: 9) }
    private static let expanders = Pool { Expander() }

    /// The text compressed, in complete bytes, and nothing later refers back into it.
    static func compress(_ text: [UInt8]) -> [UInt8] {
        if text.count <= tiny { return stored(text) }
        if let body = DigitCode.compress(text) { return body }
        return (text.count <= small ? smallCompressors : compressors).lend { $0.compress(text) }
    }

    /// The text of a chunk.
    ///
    /// - Parameters:
    ///   - body: the chunk's body
    ///   - text: room for the text, which fills it
    /// - Returns: whether the body is the compressed form of a text of that length.
    static func expand(_ body: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) -> Bool {
        // Lengths come from the database: a damaged one must not be believed.
        guard isLength(text.count), body.count <= 2 * longestText else { return false }
        let body = body.assumingMemoryBound(to: UInt8.self)
        if let stored = storedText(body), stored.count == text.count {
            text.copyMemory(from: UnsafeRawBufferPointer(stored))
            return true
        }
        // What only begins like one of the two is still DEFLATE.
        if DigitCode.isHead(of: body), DigitCode.expand(body, into: text) { return true }
        return expanders.lend { $0.expand(body, into: text) }
    }

    /// Whether a chunk's text may be that long.
    static func isLength(_ length: Int) -> Bool { (1...longestText).contains(length) }

    /// A stored block, which is whole bytes by itself (<https://www.rfc-editor.org/rfc/rfc1951#page-11>).
    private static func stored(_ text: [UInt8]) -> [UInt8] {
        let length = UInt8(text.count)
        return [0, length, 0, ~length, 0xff] + text
    }

    /// The text of a body that is one stored block.
    private static func storedText(_ body: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        guard body.count > 5, body[0] == 0, Int(body[1]) | Int(body[2]) << 8 == body.count - 5, body[3] == ~body[1],
            body[4] == ~body[2]
        else { return nil }
        return UnsafeBufferPointer(rebasing: body[5...])
    }

    /// Whether a body may stand within a longer stream, as far as its ends show: it is one stored block, or ends with an empty one, behind
    /// which bytes are whole.
    static func isJoinable(_ body: UnsafeRawBufferPointer) -> Bool {
        storedText(body.assumingMemoryBound(to: UInt8.self)) != nil || body.suffix(4).elementsEqual([0, 0, 0xff, 0xff])
    }

    static func crc(_ text: [UInt8]) -> UInt32 {
        text.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
    }

    /// The checksum of a text of which the last part has this checksum and length.
    static func join(_ crc: UInt32, _ last: UInt32, length: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine(UInt(crc), UInt(last), length))
    }
}

/// Lends things that one caller at a time may use, and makes more when all are lent.
private final class Pool<Thing: AnyObject & Sendable>: Sendable {
    private let idle = Mutex<[Thing]>([])
    private let make: @Sendable () -> Thing

    init(_ make: @escaping @Sendable () -> Thing) {
        self.make = make
    }

    func lend<Result>(_ body: (Thing) -> Result) -> Result {
        let thing = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(thing) } }
        return body(thing)
    }
}

// Sendable unchecked: private to this file, where a `Pool` alone has it, and takes it out under a lock before it lends it: never
// to two callers. zlib keeps all of a stream's state in the stream (https://zlib.net/zlib_faq.html#faq21).
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
        precondition(status == Z_OK, "zlib refused its own constants, or there is no memory left")
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

// Sendable unchecked: as with `Compressor`, a `Pool` alone has it and lends it to one caller at a time.
private final class Expander: @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib refused its own constants, or there is no memory left")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func expand(_ body: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableRawBufferPointer) -> Bool {
        inflateReset(stream)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: body.baseAddress)
        stream.pointee.avail_in = UInt32(body.count)
        stream.pointee.next_out = text.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(text.count)
        let status = inflate(stream, Z_SYNC_FLUSH)
        guard status == Z_OK || status == Z_BUF_ERROR, stream.pointee.avail_out == 0 else { return false }
        // Nothing but the end of the last block may follow.
        var more: UInt8 = 0
        return withUnsafeMutablePointer(to: &more) { more in
            (stream.pointee.next_out, stream.pointee.avail_out) = (more, 1)
            while stream.pointee.avail_in > 0 {
                guard inflate(stream, Z_BLOCK) == Z_OK, stream.pointee.avail_out == 1 else { return false }
            }
            // Between two blocks, neither of them the stream's last one, at whole bytes: see `inflate` in zlib.h.
            return stream.pointee.data_type & 0xff == 0x80
        }
    }
}
