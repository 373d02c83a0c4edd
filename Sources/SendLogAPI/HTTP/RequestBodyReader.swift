import NIOCore
import SendLogHTTP

/// Reads a request's body piece by piece, and makes sure that all of it came and no more than is allowed.
struct RequestBodyReader {
    private var pieces: RequestBody.Reader
    /// The most bytes that are taken.
    private let limit: Int
    private var received = 0

    init(_ input: RouteInput) {
        pieces = input.request.body.makeReader()
        limit = input.longestBody
    }

    /// The next piece, or `nil` at the end.
    mutating func next() async throws -> ByteBuffer? {
        let piece: ByteBuffer?
        do throws(ConnectionBroken) { piece = try await pieces.next() } catch { throw BodyCutOff() }
        guard let piece else { return nil }
        received += piece.readableBytes
        if received > limit { throw APIError.payloadTooLarge(limit: limit) }
        return piece
    }

    /// All of a small body.
    mutating func collect() async throws -> ByteBuffer {
        guard var whole = try await next() else { return ByteBuffer() }
        while var piece = try await next() { whole.writeBuffer(&piece) }
        return whole
    }
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
