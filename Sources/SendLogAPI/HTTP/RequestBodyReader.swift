import HTTPTypes
import HummingbirdCore
import NIOCore

/// Reads a request's body piece by piece, and makes sure that all of it came and no more than is allowed.
struct RequestBodyReader {
    private var pieces: RequestBody.AsyncIterator
    /// The most bytes that are taken.
    private let limit: Int
    private let announced: Int?
    private var received = 0

    init(_ input: RouteInput) {
        pieces = input.request.body.makeAsyncIterator()
        limit = input.longestBody
        announced = input.request.announcedLength
    }

    /// The next piece, or `nil` at the end.
    @concurrent mutating func next() async throws -> ByteBuffer? {
        let piece: ByteBuffer?
        do { piece = try await pieces.next() } catch { throw BodyCutOff() }
        guard let piece else {
            // A connection that breaks must not be taken for the end of the body.
            if let announced, received < announced { throw BodyCutOff() }
            return nil
        }
        received += piece.readableBytes
        if received > limit { throw APIError.payloadTooLarge(limit: limit) }
        return piece
    }

    /// All of a small body.
    @concurrent mutating func collect() async throws -> ByteBuffer {
        var whole = ByteBuffer()
        while var piece = try await next() { whole.writeBuffer(&piece) }
        return whole
    }
}

extension Request {
    /// How long the body is going to be in bytes, where the client says so.
    var announcedLength: Int? { headers[.contentLength].flatMap { Int($0) } }
}

extension ByteBuffer {
    /// Lends the readable bytes.
    func withBytes<Result, Failure: Error>(
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
