package import NIOCore
import SendLogContent
import SendLogCore
import SendLogHTTP
import SendLogScheduling

/// Reads a request body in pieces, inflates it if it is gzip, and checks that it is complete and within the size limit.
package struct RequestBodyReader {
    private var pieces: RequestBody.Reader
    /// The largest length of the body in bytes, as received and as inflated.
    private let limit: Int
    private var received = 0
    private var gzip: GzipBody?

    /// The state of a body in gzip.
    private struct GzipBody {
        let inflater = GzipInflater()
        /// The bytes received and not yet inflated.
        var rest = ByteBuffer()
        var inflated = 0
        var slice = TimeSlice()

        /// The largest length of an inflated piece in bytes.
        static let maxPiece = 65_536

        /// Inflates the next piece, which may be empty.
        mutating func inflate() throws -> ByteBuffer {
            var (piece, read) = (ByteBufferAllocator().buffer(capacity: Self.maxPiece), 0)
            do {
                _ = try piece.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.maxPiece) { room in
                    let done = try rest.withBytes { bytes throws(GzipError) in try inflater.inflate(bytes, into: room) }
                    read = done.read
                    return done.written
                }
            } catch let error as GzipError {
                throw Self.invalid(error)
            }
            rest.moveReaderIndex(forwardBy: read)
            inflated += piece.readableBytes
            return piece
        }

        /// Ends the body.
        func finish() throws {
            do { try inflater.finish() } catch { throw Self.invalid(error) }
        }

        private static func invalid(_ error: GzipError) -> InvalidInput {
            InvalidInput(path: "", error.message)
        }
    }

    /// Creates a reader of the body of a request, which inflates gzip unless the body was inflated before.
    package init(_ input: RouteInput) {
        pieces = input.body.makeReader()
        limit = input.maxBodyLength
        if !input.isBodyInflated, BodyCoding(of: input.request) == .gzip { gzip = GzipBody() }
    }

    /// Returns the next piece, or `nil` at the end.
    mutating func next() async throws -> ByteBuffer? {
        gzip == nil ? try await receive() : try await inflate()
    }

    /// Returns the next inflated piece, at most 64 KiB, or `nil` at the end.
    private mutating func inflate() async throws -> ByteBuffer? {
        while var body = gzip {
            if body.rest.readableBytes > 0 || body.inflater.hasMoreOutput {
                let piece = try body.inflate()
                // A small body can inflate to a thousand times its length.
                await body.slice.yieldIfOver()
                gzip = body
                if body.inflated > limit { throw APIError.payloadTooLarge(limit: limit) }
                if piece.readableBytes > 0 { return piece }
            } else if let piece = try await receive() {
                gzip?.rest = piece
            } else {
                try body.finish()
                return nil
            }
        }
        return nil
    }

    /// Returns the next piece as received, or `nil` at the end.
    private mutating func receive() async throws -> ByteBuffer? {
        let piece: ByteBuffer?
        do throws(ConnectionBroken) { piece = try await pieces.next() } catch { throw TruncatedBody() }
        guard let piece else { return nil }
        received += piece.readableBytes
        if received > limit { throw APIError.payloadTooLarge(limit: limit) }
        return piece
    }

    /// Returns a small body as a whole.
    package mutating func collect() async throws -> ByteBuffer {
        guard var whole = try await next() else { return ByteBuffer() }
        while var piece = try await next() { whole.writeBuffer(&piece) }
        return whole
    }

    /// Parses a small body as JSON; an empty body counts as an empty object.
    ///
    /// - Throws: ``InvalidInput`` for invalid JSON.
    // Never inlined: the compiler of Swift 6.3.1 crashes when it inlines this function into some async functions.
    @inline(never) static func json(_ input: RouteInput) async throws -> JSONValue {
        var reader = RequestBodyReader(input)
        return try await reader.collect().withBytes { bytes throws(InvalidInput) in
            do throws(JSONSyntaxError) {
                return try JSONValue(utf8: bytes, blank: .object([]))
            } catch {
                throw InvalidInput(error, head: Array(bytes.prefix(TextFormat.headLength)))
            }
        }
    }
}

extension ByteBuffer {
    /// Calls a closure with a pointer to the readable bytes, from an offset on; the pointer is valid only during the
    /// call.
    package func withBytes<Result, Failure: Error>(
        from offset: Int = 0,
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = withUnsafeReadableBytes { bytes -> Swift.Result<Result, Failure> in
            let bytes = UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[offset...])
            do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
