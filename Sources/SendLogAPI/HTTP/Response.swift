import NIOCore
package import NIOHTTP1
import SendLogContent
package import SendLogCore
package import SendLogHTTP
import SendLogScheduling

/// What a route returns: status, header fields, and a body that is complete or produced while it is sent.
package struct Response: Sendable {
    package var status: HTTPResponseStatus
    package var type: String
    /// Header fields in addition to the fields that every response has.
    package var fields: [ResponseHead.Field] = []
    /// Whether the log only counts the request, as ``AuthenticationFailures`` decides.
    package var isUnlogged = false
    var content: Content

    /// The body, if it is complete; `nil` for a streamed response.
    var body: [ByteBuffer]? { if case .whole(let body) = content { body } else { nil } }

    /// A closure that sends a response in pieces.
    package typealias Producer = @Sendable (inout ResponseStream) async throws -> Void

    enum Content: Sendable {
        /// A complete body, in parts that are ready to be sent.
        case whole([ByteBuffer])
        /// A body that is produced while it is sent.
        ///
        /// An error after the response began breaks the connection, so that the client does not take a partial response
        /// for a complete one.
        case stream(ResponseStream.Coding, Producer)
    }

    /// Creates a complete response.
    package init(status: HTTPResponseStatus = .ok, type: String = "application/json", body: [UInt8]...) {
        self.status = status
        self.type = type
        content = .whole(body.map { ByteBuffer(bytes: $0) })
    }

    /// Creates a complete response, compressed if the client accepts gzip and the body is longer than 1024 bytes.
    package init(parts: [[UInt8]], type: String, compressedFor request: HTTPRequest) {
        status = .ok
        self.type = type
        fields = [("Vary", "Accept-Encoding")]
        guard request.acceptsGzip, parts.reduce(0, { $0 + $1.count }) > 1024 else {
            content = .whole(parts.map { ByteBuffer(bytes: $0) })
            return
        }
        fields.append(("Content-Encoding", "gzip"))
        content = .whole([ByteBuffer(bytes: GzipMemberWriter.compressed(Array(parts.joined())))])
    }

    /// Creates a response from a constant body, compressed if the client accepts gzip.
    package init(_ body: PrecompressedBody, type: String, for request: HTTPRequest) {
        status = .ok
        self.type = type
        fields = [("Vary", "Accept-Encoding")]
        if request.acceptsGzip { fields.append(("Content-Encoding", "gzip")) }
        content = .whole([request.acceptsGzip ? body.gzip : body.plain])
    }

    /// Creates a streamed response that contains lists of destinations.
    ///
    /// The lists are stored compressed and are sent in gzip if the client accepts it.
    package init(
        listsFor request: HTTPRequest,
        type: String = "application/json",
        produce: @escaping Producer
    ) {
        let coding: ResponseStream.Coding = request.acceptsGzip ? .gzip : .identity
        status = .ok
        self.type = type
        fields = [("Vary", "Accept-Encoding")]
        if coding == .gzip { fields.append(("Content-Encoding", "gzip")) }
        content = .stream(coding, produce)
    }

    /// Creates a streamed response.
    package init(type: String = "application/json", produce: @escaping Producer) {
        status = .ok
        self.type = type
        content = .stream(.identity, produce)
    }
}

/// A constant body that is compressed once.
package struct PrecompressedBody: Sendable {
    let plain: ByteBuffer
    let gzip: ByteBuffer

    /// Compresses a body.
    package init(_ body: [UInt8]) {
        (plain, gzip) = (ByteBuffer(bytes: body), ByteBuffer(bytes: GzipMemberWriter.compressed(body)))
    }
}

/// Sends a response in pieces, and waits while the client does not read.
package struct ResponseStream {
    /// The content coding of the response.
    enum Coding: Sendable {
        case identity
        case gzip
    }

    private let writer: ResponseWriter
    private var gzip: GzipMemberWriter?
    private var pending: ByteBuffer
    private var scratch: [UInt8] = []
    private var slice = TimeSlice()
    private(set) var sent = 0

    /// The number of buffered bytes at which the buffer is flushed.
    private static let flushThreshold = 56 * 1024
    /// The maximum buffer capacity in bytes to reserve in advance or to reuse.
    ///
    /// A client that does not read costs this memory, in addition to the bytes that the connection has not sent yet.
    private static let room = 128 * 1024

    init(_ writer: ResponseWriter, _ coding: Coding) {
        self.writer = writer
        pending = ByteBufferAllocator().buffer(capacity: 4096)
        guard coding == .gzip else { return }
        gzip = GzipMemberWriter()
        pending.writeBytes(GzipMemberWriter.header)
    }

    /// Appends text to the response.
    package mutating func write(_ append: (inout [UInt8]) -> Void) async throws {
        gather(append)
        try await sendGathered()
    }

    /// Appends text to the response.
    package mutating func write(_ text: [UInt8]) async throws {
        gather(text)
        try await sendGathered()
    }

    /// Appends text to the buffer, without sending it; ``sendGathered()`` must follow.
    package mutating func gather(_ append: (inout [UInt8]) -> Void) {
        scratch.removeAll(keepingCapacity: true)
        append(&scratch)
        gather(scratch)
        // Do not hold much memory while a client does not read.
        if scratch.capacity > Self.maxScratchCapacity { scratch = [] }
    }

    private static let maxScratchCapacity = 8192

    /// Appends text to the buffer, without sending it; ``sendGathered()`` must follow.
    package mutating func gather(_ text: [UInt8]) {
        if let stored = gzip?.stored(text) { pending.writeBytes(stored) } else { pending.writeBytes(text) }
    }

    /// Appends the text of a chunk to the buffer, without sending it; ``sendGathered()`` must follow.
    package mutating func gather(_ chunk: BorrowedChunk) throws(StoreError) {
        guard chunk.isLengthValid else { throw .corrupted(detail: "the length of a chunk is invalid") }
        if gzip != nil {
            guard chunk.isJoinable else { throw .corrupted(detail: "a chunk cannot be part of a gzip stream") }
            gzip?.append(chunk)
            pending.writeBytes(chunk.body)
            return
        }
        let length = chunk.length
        let written = pending.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
            chunk.decompress(into: UnsafeMutableRawBufferPointer(rebasing: room[..<length])) ? length : 0
        }
        if written != length { throw .corrupted(detail: "a chunk cannot be decompressed") }
    }

    /// Reserves buffer capacity for a list, so that the buffer does not grow in steps.
    package mutating func reserveCapacity(destinations: Int) {
        // The stored count may be corrupted.
        let count = min(max(destinations, 0), Self.room)
        let room = min(count * (gzip == nil ? 15 : 6), Self.room - pending.readableBytes)
        if room > 0 { pending.reserveCapacity(minimumWritableBytes: room) }
    }

    /// Flushes the buffer if it is full enough, and lets other requests run if the time slice is over.
    package mutating func sendGathered() async throws {
        if pending.readableBytes >= Self.flushThreshold { try await flush() }
        await slice.yieldIfOver()
    }

    /// Sends the rest of the response.
    mutating func finish() async throws {
        if let gzip { pending.writeBytes(gzip.trailer) }
        try await flush()
    }

    private mutating func flush() async throws {
        sent += pending.readableBytes
        try await writer.write(pending)
        // Reuse the buffer's memory, unless it is too large or the connection still holds it.
        if pending.capacity > Self.room {
            pending = ByteBufferAllocator().buffer(capacity: 4096)
        } else {
            pending.clear()
        }
    }
}
