import NIOCore
import SendLogContent
package import SendLogCore
import SendLogHTTP
import SendLogScheduling

/// Sends a response in pieces, and waits while the client does not read.
package struct ResponseStream {
    /// The content coding of the response.
    enum Coding: Sendable {
        case identity
        case gzip
    }

    private let pieces: ResponsePieces
    private var gzip: GzipMemberWriter?
    private var pending: ByteBuffer
    private var scratch: [UInt8] = []
    private var slice = TimeSlice()
    /// The capacity of the next buffer, in bytes.
    private var nextCapacity = 4096

    /// The number of buffered bytes at which the buffer is flushed.
    private static let flushThreshold = 56 * 1024
    /// The number of buffered bytes after which no chunk is added before a flush.
    private static let longLength = 80 * 1024
    /// The maximum buffer capacity in bytes to reserve in advance.
    private static let maxBufferCapacity = 128 * 1024

    init(_ pieces: ResponsePieces, _ coding: Coding) {
        self.pieces = pieces
        pending = ByteBufferAllocator().buffer(capacity: 4096)
        guard coding == .gzip else { return }
        gzip = GzipMemberWriter()
        pending.writeBytes(GzipMemberWriter.header)
    }

    /// Appends text to the response.
    package mutating func write(_ body: (inout [UInt8]) -> Void) async throws {
        append(body)
        try await flushIfFull()
    }

    /// Appends text to the response.
    package mutating func write(_ text: [UInt8]) async throws {
        append(text)
        try await flushIfFull()
    }

    /// Appends text to the buffer, without sending it; ``flushIfFull()`` must follow.
    package mutating func append(_ body: (inout [UInt8]) -> Void) {
        scratch.removeAll(keepingCapacity: true)
        body(&scratch)
        append(scratch)
        // Do not hold much memory while a client does not read.
        if scratch.capacity > Self.maxScratchCapacity { scratch = [] }
    }

    private static let maxScratchCapacity = 8192

    /// Appends text to the buffer, without sending it; ``flushIfFull()`` must follow.
    package mutating func append(_ text: [UInt8]) {
        beginBuffer()
        if let stored = gzip?.stored(text) { pending.writeBytes(stored) } else { pending.writeBytes(text) }
    }

    /// Appends the text of a chunk to the buffer, without sending it; ``flushIfFull()`` must follow.
    package mutating func append(_ chunk: BorrowedChunk) throws(StoreError) {
        guard chunk.isLengthValid else { throw .corrupted(detail: "the length of a chunk is invalid") }
        beginBuffer()
        if gzip != nil {
            guard chunk.isJoinable else { throw .corrupted(detail: "a chunk cannot be part of a gzip stream") }
            gzip?.append(chunk)
            pending.writeBytes(chunk.body)
            return
        }
        let length = chunk.length
        let written = pending.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { space in
            chunk.decompress(into: UnsafeMutableRawBufferPointer(rebasing: space[..<length])) ? length : 0
        }
        if written != length { throw .corrupted(detail: "a chunk cannot be decompressed") }
    }

    /// Reserves buffer capacity for a list, so that the buffer does not grow in steps.
    package mutating func reserveCapacity(destinations: Int) {
        // The stored count may be corrupted.
        let count = min(max(destinations, 0), Self.maxBufferCapacity)
        let capacity = min(count * (gzip == nil ? 15 : 6), Self.maxBufferCapacity - pending.readableBytes)
        if capacity > 0 { pending.reserveCapacity(minimumWritableBytes: capacity) }
    }

    /// The number of chunks to read at a time: with gzip they have a third of the length.
    var chunksPerPiece: Int { gzip == nil ? 1 : 3 }

    /// Whether the buffer is so long that it must be flushed before another chunk.
    var isLong: Bool { pending.readableBytes > Self.longLength }

    /// Flushes the buffer if it is full enough, and lets other requests run if the time slice is over.
    package mutating func flushIfFull() async throws {
        if pending.readableBytes >= Self.flushThreshold { try await flush() }
        await slice.yieldIfOver()
    }

    /// Sends the rest of the response.
    mutating func finish() async throws {
        if let gzip { pending.writeBytes(gzip.trailer) }
        try await flush()
        try await pieces.drain()
    }

    private mutating func flush() async throws {
        let piece = pending
        // No memory is reserved while the client does not read.
        (pending, nextCapacity) = (ByteBuffer(), min(piece.capacity, Self.maxBufferCapacity))
        try await pieces.write(piece)
    }

    /// Allocates the next buffer after a flush, so that it does not grow in steps.
    private mutating func beginBuffer() {
        if pending.capacity == 0 { pending.reserveCapacity(nextCapacity) }
    }
}
