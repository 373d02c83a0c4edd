import NIOCore
package import NIOHTTP1
import SendLogContent
import SendLogCore
package import SendLogHTTP
import SendLogScheduling
import SendLogServices

/// What a route returns: status, header fields, and a body that is complete or produced while it is sent.
package struct Response: Sendable {
    package var status: HTTPResponseStatus
    package var type: String
    /// Header fields in addition to the fields that every response has.
    package var fields: [ResponseHead.Field] = []
    /// Whether the log only counts the request, as ``AuthenticationFailures`` decides.
    package var isUnlogged = false
    /// What the request did, for the log; `nil` for what the log has at the level `debug`.
    package var event: RequestEvent?
    /// The body of the response to a repeated request with the same `Idempotency-Key`; `nil` for the same body.
    var replayedBody: [ByteBuffer]?
    /// The number of bytes that a streamed response holds until it ends, in addition to its buffers.
    package var heldLength = 0
    /// The part of a limit that counts until the response is sent.
    var slot: ConcurrencySlot?
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
        (self.status, self.type, content) = (status, type, .whole(body.map { ByteBuffer(bytes: $0) }))
    }

    /// Returns a complete response `{"ok":true,"data":…,"requestId":…}`.
    ///
    /// - Parameters:
    ///   - input: the input of the handler, with the request ID
    ///   - status: the status
    ///   - capacity: the expected length of the data in bytes
    ///   - appendData: appends the data in JSON
    /// - Returns: the response.
    static func success(
        for input: RouteInput,
        status: HTTPResponseStatus = .ok,
        reserving capacity: Int = 256,
        _ appendData: (inout [UInt8]) -> Void
    ) -> Response {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(capacity + Envelope.length + input.requestID.utf8.count)
        bytes.beginEnvelope()
        appendData(&bytes)
        bytes.endEnvelope(requestID: input.requestID)
        return Response(status: status, body: bytes)
    }

    /// Creates a complete response, compressed if the client accepts gzip and the body is longer than 1024 bytes.
    package init(parts: [[UInt8]], type: String, compressedFor request: HTTPRequest) {
        let isGzip = request.acceptsGzip && parts.reduce(0) { $0 + $1.count } > 1024
        let body = isGzip ? [GzipMemberWriter.compressed(Array(parts.joined()))] : parts
        self.init(type: type, isGzip: isGzip, .whole(body.map { ByteBuffer(bytes: $0) }))
    }

    /// Creates a response from a constant body, compressed if the client accepts gzip.
    package init(_ body: PrecompressedBody, type: String, for request: HTTPRequest) {
        let isGzip = request.acceptsGzip
        self.init(type: type, isGzip: isGzip, .whole([isGzip ? body.gzip : body.plain]))
    }

    /// Creates a streamed response that contains lists of destinations.
    ///
    /// The lists are stored compressed and are sent in gzip if the client accepts it.
    package init(listsFor request: HTTPRequest, type: String = "application/json", produce: @escaping Producer) {
        let isGzip = request.acceptsGzip
        self.init(type: type, isGzip: isGzip, .stream(isGzip ? .gzip : .identity, produce))
    }

    /// Creates a response whose coding depends on the request.
    private init(type: String, isGzip: Bool, _ content: Content) {
        (status, self.type, self.content) = (.ok, type, content)
        fields = [("Vary", "Accept-Encoding")]
        if isGzip { fields.append(("Content-Encoding", "gzip")) }
    }

    /// Creates a streamed response.
    package init(type: String = "application/json", produce: @escaping Producer) {
        (status, self.type, content) = (.ok, type, .stream(.identity, produce))
    }
}
