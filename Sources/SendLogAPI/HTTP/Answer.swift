import NIOCore
package import NIOHTTP1
import SendLogContent
package import SendLogCore
package import SendLogHTTP

/// What a route answers.
package struct Answer: Sendable {
    package var status: HTTPResponseStatus
    package var type: String
    /// Header fields beyond those that every answer has.
    package var fields: [AnswerHead.Field] = []
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
    private(set) var sent = 0

    /// How many bytes are gathered before they are sent.
    private static let fullAt = 256 * 1024

    init(_ writer: AnswerWriter, _ coding: Coding) {
        self.writer = writer
        pending = writer.buffer(capacity: 4096)
        guard coding == .gzip else { return }
        gzip = GzipJoint()
        pending.writeBytes(GzipJoint.head)
    }

    /// Adds text to the answer.
    package mutating func write(_ append: (inout [UInt8]) -> Void) async throws {
        scratch.removeAll(keepingCapacity: true)
        append(&scratch)
        try await write(scratch)
    }

    /// Adds text to the answer.
    package mutating func write(_ text: [UInt8]) async throws {
        pending.writeBytes(gzip?.stored(text) ?? text)
        try await sendGathered()
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
        let count = min(max(destinations, 0), 2 * Self.fullAt)
        pending.reserveCapacity(minimumWritableBytes: min(count * (gzip == nil ? 15 : 6), 2 * Self.fullAt))
    }

    /// Sends what was gathered, if it is enough.
    package mutating func sendGathered() async throws {
        if pending.readableBytes >= Self.fullAt { try await flush() }
    }

    /// Ends the answer.
    mutating func finish() async throws {
        if let gzip { pending.writeBytes(gzip.tail) }
        try await flush()
        writer.end()
    }

    private mutating func flush() async throws {
        sent += pending.readableBytes
        try await writer.write(pending)
        // In the same memory, if it was all taken.
        pending.clear()
    }
}
