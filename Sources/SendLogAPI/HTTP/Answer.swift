import HTTPTypes
import HummingbirdCore
import NIOCore

/// What a route answers.
struct Answer {
    var status: HTTPResponse.Status
    var headers = HTTPFields()
    var content: Content

    /// Sends an answer piece by piece.
    typealias Producer = @Sendable @concurrent (inout AnswerStream) async throws -> Void

    enum Content {
        /// All of it, ready to be sent.
        case bytes(ByteBuffer)
        /// Produced while it is sent. An error after its beginning breaks the connection, so that no client takes a part for the whole.
        case stream(Producer)
    }

    /// An answer that is ready.
    init(status: HTTPResponse.Status = .ok, type: String = "application/json", body: [UInt8]) {
        self.status = status
        headers[.contentType] = type
        content = .bytes(ByteBuffer(bytes: body))
    }

    /// An answer that is produced while it is sent.
    init(streaming produce: @escaping Producer) {
        status = .ok
        headers[.contentType] = "application/json"
        content = .stream(produce)
    }
}

/// Sends an answer piece by piece, waiting for the client to take what was sent.
struct AnswerStream {
    private var writer: any ResponseBodyWriter
    private var buffer: [UInt8] = []
    private(set) var sent = 0

    /// How many bytes are gathered before they are sent.
    private static let fullAt = 64 * 1024

    init(_ writer: any ResponseBodyWriter) {
        self.writer = writer
    }

    /// Adds to the answer.
    @concurrent mutating func write(_ append: (inout [UInt8]) -> Void) async throws {
        append(&buffer)
        if buffer.count >= Self.fullAt { try await flush() }
    }

    /// Ends the answer.
    @concurrent mutating func finish() async throws {
        try await flush()
        try await writer.finish(nil)
    }

    @concurrent private mutating func flush() async throws {
        guard !buffer.isEmpty else { return }
        sent += buffer.count
        // In pieces that a slow client takes in a while: one that takes nothing for long is parted with.
        var whole = ByteBuffer(bytes: buffer)
        while let piece = whole.readSlice(length: min(whole.readableBytes, Self.fullAt)), piece.readableBytes > 0 {
            try await writer.write(piece)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Takes an answer that nobody wants to see, to learn how long it is.
struct CountingWriter: ResponseBodyWriter {
    mutating func write(_ buffer: ByteBuffer) async throws {}

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
