import Logging
import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP
import SendLogScheduling
import SendLogServices

/// Sends responses, and logs how each ended.
extension APIService {
    /// The maximum length in bytes of a complete response that does not count against ``streams``.
    private static let maxUnweightedLength = 128 * 1024
    /// The maximum memory that the buffers of a streamed response take, in bytes; a response counts once more per this
    /// many bytes that it holds otherwise.
    private static let bytesPerWeight = 400 * 1024
    /// The maximum length in bytes of a piece of a long complete response.
    private static let maxPieceLength = 256 * 1024

    /// Sends a response; a long one counts against ``streams`` until the client has read it.
    ///
    /// - Throws: ``ServiceError`` if the limit is reached, before anything is sent; ``ConnectionBroken`` if a long
    ///   response breaks off.
    func send(
        _ response: Response,
        on executor: (any TaskExecutor)?,
        _ context: RequestContext,
        _ writer: ResponseWriter
    ) async throws {
        let organisation = context.organisation ?? .server
        switch response.content {
        case .whole(let body):
            let length = body.reduce(0) { $0 + $1.readableBytes }
            // A long response of an event loop route is the same for all requests, and held in memory once.
            guard executor != nil, length > Self.maxUnweightedLength else {
                return send(response, body, context, writer)
            }
            let slot = try streams.slot(1 + length / Self.bytesPerWeight, for: organisation)
            defer { withExtendedLifetime(slot) {} }
            try await sendInPieces(response, length: length, context, writer) { sent in
                let pieces = writer.pieces()
                defer { sent = pieces.taken }
                for var part in body {
                    while let piece = part.readSlice(length: min(Self.maxPieceLength, part.readableBytes)),
                        piece.readableBytes > 0
                    {
                        try await pieces.write(piece)
                    }
                }
                try await pieces.drain()
            }
        case .stream(let coding, let produce):
            let slot = try streams.slot(1 + response.heldLength / Self.bytesPerWeight, for: organisation)
            defer { withExtendedLifetime((slot, response.slot)) {} }
            try await sendInPieces(response, context, writer) { sent in
                let pieces = writer.pieces()
                // Here, on the event loop, all pieces have reached the connection that the producer sent before an error.
                defer { sent = pieces.taken }
                try await withTaskExecutorPreference(executor) {
                    var stream = ResponseStream(pieces, coding)
                    try await produce(&stream)
                    try await stream.finish()
                }
            }
        }
    }

    /// Sends the head of a response, and its body in pieces.
    ///
    /// - Parameters:
    ///   - response: the response
    ///   - length: the length of the body in bytes; `nil` if it is not known
    ///   - context: the data about the request
    ///   - writer: sends the response
    ///   - sendBody: sends the body, and counts the bytes that were sent
    /// - Throws: ``ConnectionBroken`` if the body breaks off.
    private func sendInPieces(
        _ response: Response,
        length: Int? = nil,
        _ context: RequestContext,
        _ writer: ResponseWriter,
        _ sendBody: (inout Int) async throws -> Void
    ) async throws {
        if let end = writer.connectionEnd { return note(context, status: nil, bytes: 0, end) }
        var sent = 0
        do {
            if writer.begin(head(of: response, context), length: length) {
                try await sendBody(&sent)
                writer.end()
            }
            note(context, status: response.status.code, bytes: sent)
        } catch {
            // The status was already sent. Only a broken connection can show the client that the response is
            // incomplete.
            if let end = writer.connectionEnd {
                note(context, status: response.status.code, bytes: sent, end, error)
            } else {
                let failure = APIError(error)
                note(context, status: failure.status.code, bytes: sent, failure, as: "response broken off")
            }
            throw ConnectionBroken()
        }
    }

    /// Sends a complete response.
    func send(
        _ response: Response,
        _ body: [ByteBuffer],
        _ context: RequestContext,
        _ writer: ResponseWriter,
        _ failure: APIError? = nil
    ) {
        if let end = writer.connectionEnd { return note(context, status: nil, bytes: 0, end, failure) }
        let sent = writer.send(head(of: response, context), body: body)
        note(context, status: response.status.code, bytes: sent, failure)
    }

    /// Sends a failure in the format of the API.
    func send(_ failure: APIError, _ context: RequestContext, _ writer: ResponseWriter) {
        let response = failure.response(requestID: context.id)
        send(response, response.body ?? [], context, writer, failure)
    }

    /// Returns the head of a response, with the fields that every response has.
    func head(of response: Response, _ context: RequestContext) -> ResponseHead {
        var fields: [ResponseHead.Field] = [
            ("Content-Type", response.type), ("Date", date.text(at: context.now)), ("X-Request-Id", context.id),
        ]
        if !response.status.mayHaveResponseBody { fields.removeFirst() }
        fields += context.crossOriginFields
        for (name, value) in response.fields {
            // Handlers know nothing of the base path, and name paths of this server only.
            let isBelowBase = !basePath.isEmpty && name.description == "Location"
            fields.append((name, isBelowBase ? "\(basePath)\(value)" : value))
        }
        return ResponseHead(status: response.status, fields: fields)
    }
}
