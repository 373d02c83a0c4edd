import NIOCore
package import NIOHTTP1
import SendLogContent
package import SendLogCore
package import SendLogHTTP
import SendLogScheduling

/// What a route answers.
package struct Answer: Sendable {
    package var status: HTTPResponseStatus
    package var type: String
    /// Header fields beyond those that every answer has.
    package var fields: [AnswerHead.Field] = []
    /// Whether the log only counts it, as ``RefusedKeys`` decided.
    package var isUnlogged = false
    var content: Content

    /// The body, where it is ready.
    var body: [ByteBuffer]? { if case .whole(let body) = content { body } else { nil } }

    /// Sends an answer piece by piece.
    package typealias Producer = @Sendable (inout AnswerStream) async throws -> Void

    enum Content: Sendable {
        /// All of it, in parts that are ready to be sent.
        case whole([ByteBuffer])
        /// Produced while it is sent. An error after its beginning breaks the connection, so that no client takes a part for the whole.
        case stream(AnswerStream.Coding, Producer)
    }

    /// An answer that is ready.
    package init(status: HTTPResponseStatus = .ok, type: String = "application/json", body: [UInt8]...) {
        self.status = status
        self.type = type
        content = .whole(body.map { ByteBuffer(bytes: $0) })
    }

    /// An answer that is ready, compressed for a client that takes that.
    package init(parts: [[UInt8]], type: String, packedFor request: HTTPRequest) {
        status = .ok
        self.type = type
        fields = [("Vary", "Accept-Encoding")]
        guard request.acceptsGzip, parts.reduce(0, { $0 + $1.count }) > 1024 else {
            content = .whole(parts.map { ByteBuffer(bytes: $0) })
            return
        }
        fields.append(("Content-Encoding", "gzip"))
        content = .whole([ByteBuffer(bytes: GzipJoint.packed(Array(parts.joined())))])
    }

    /// An answer that is always the same, compressed for a client that takes that.
    package init(_ body: Packed, type: String, for request: HTTPRequest) {
        status = .ok
        self.type = type
        fields = [("Vary", "Accept-Encoding")]
        if request.acceptsGzip { fields.append(("Content-Encoding", "gzip")) }
        content = .whole([request.acceptsGzip ? body.gzip : body.plain])
    }

    /// An answer with lists of destinations, produced while it is sent; they are stored compressed, which suits a client that takes gzip.
    package init(
        listsFor request: HTTPRequest,
        type: String = "application/json",
        produce: @escaping Producer
    ) {
        let coding: AnswerStream.Coding = request.acceptsGzip ? .gzip : .identity
        status = .ok
        self.type = type
        fields = [("Vary", "Accept-Encoding")]
        if coding == .gzip { fields.append(("Content-Encoding", "gzip")) }
        content = .stream(coding, produce)
    }

    /// An answer that is produced while it is sent.
    package init(type: String = "application/json", produce: @escaping Producer) {
        status = .ok
        self.type = type
        content = .stream(.identity, produce)
    }
}

/// A body that is always the same, compressed once.
package struct Packed: Sendable {
    let plain: ByteBuffer
    let gzip: ByteBuffer

    /// Compresses a body.
    package init(_ body: [UInt8]) {
        (plain, gzip) = (ByteBuffer(bytes: body), ByteBuffer(bytes: GzipJoint.packed(body)))
    }
}

/// Sends an answer piece by piece, waiting for the client to take what was sent.
package struct AnswerStream {
    /// How the answer is coded for its way.
    enum Coding: Sendable {
        case identity
        case gzip
    }

    private let writer: AnswerWriter
    private var gzip: GzipJoint?
    private var pending: ByteBuffer
    private var scratch: [UInt8] = []
    private var slice = TimeSlice()
    private(set) var sent = 0

    /// How many bytes are gathered before they are sent.
    private static let fullAt = 56 * 1024
    /// How much room is made at once: with what the connection has not sent yet, what a client costs that does not read.
    private static let room = 128 * 1024

    init(_ writer: AnswerWriter, _ coding: Coding) {
        self.writer = writer
        pending = ByteBufferAllocator().buffer(capacity: 4096)
        guard coding == .gzip else { return }
        gzip = GzipJoint()
        pending.writeBytes(GzipJoint.head)
    }

    /// Adds text to the answer.
    package mutating func write(_ append: (inout [UInt8]) -> Void) async throws {
        gather(append)
        try await sendGathered()
    }

    /// Adds text to the answer.
    package mutating func write(_ text: [UInt8]) async throws {
        gather(text)
        try await sendGathered()
    }

    /// Adds text to the answer, to be sent with ``sendGathered()``.
    package mutating func gather(_ append: (inout [UInt8]) -> Void) {
        scratch.removeAll(keepingCapacity: true)
        append(&scratch)
        gather(scratch)
        // Not to be held while a client does not read.
        if scratch.capacity > Self.longestScratch { scratch = [] }
    }

    private static let longestScratch = 8192

    /// Adds text to the answer, to be sent with ``sendGathered()``.
    package mutating func gather(_ text: [UInt8]) {
        if let stored = gzip?.stored(text) { pending.writeBytes(stored) } else { pending.writeBytes(text) }
    }

    /// Adds the text of a chunk to the answer, to be sent with ``sendGathered()``.
    package mutating func gather(_ chunk: LentChunk) throws(StoreError) {
        guard chunk.isLengthSound else { throw .damaged(detail: "a chunk's length cannot be") }
        if gzip != nil {
            guard chunk.isJoinable else { throw .damaged(detail: "a chunk cannot be sent as it is") }
            gzip?.join(chunk)
            pending.writeBytes(chunk.body)
            return
        }
        let length = chunk.length
        let written = pending.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
            chunk.expand(into: UnsafeMutableRawBufferPointer(rebasing: room[..<length])) ? length : 0
        }
        if written != length { throw .damaged(detail: "a chunk cannot be expanded") }
    }

    /// Makes room for a list, so that it need not be made by and by.
    package mutating func expect(destinations: Int) {
        // What is stored may be anything.
        let count = min(max(destinations, 0), Self.room)
        let room = min(count * (gzip == nil ? 15 : 6), Self.room - pending.readableBytes)
        if room > 0 { pending.reserveCapacity(minimumWritableBytes: room) }
    }

    /// Sends what was gathered, if it is enough, and lets other requests have their turn.
    package mutating func sendGathered() async throws {
        if pending.readableBytes >= Self.fullAt { try await flush() }
        await slice.yieldIfOver()
    }

    /// Sends what is left.
    mutating func finish() async throws {
        if let gzip { pending.writeBytes(gzip.tail) }
        try await flush()
    }

    private mutating func flush() async throws {
        sent += pending.readableBytes
        try await writer.write(pending)
        // In the same memory, if it was all taken and is not too much to hold.
        if pending.capacity > Self.room {
            pending = ByteBufferAllocator().buffer(capacity: 4096)
        } else {
            pending.clear()
        }
    }
}
