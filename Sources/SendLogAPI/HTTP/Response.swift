import NIOCore
package import NIOHTTP1
import SendLogContent
import SendLogCore
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
