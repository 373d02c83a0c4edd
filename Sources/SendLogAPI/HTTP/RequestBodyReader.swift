package import NIOCore
import SendLogCore
import SendLogHTTP

/// Reads a request body in pieces, and checks that it is complete and within the size limit.
package struct RequestBodyReader {
    private var pieces: RequestBody.Reader
    private let limit: Int
    private var received = 0

    package init(_ input: RouteInput) {
        pieces = input.body.makeReader()
        limit = input.maxBodyLength
    }

    /// Returns the next piece, or `nil` at the end.
    mutating func next() async throws -> ByteBuffer? {
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
            if bytes.allSatisfy(\.isASCIIWhiteSpace) { return .object([]) }
            do throws(JSONSyntaxError) { return try JSONValue(utf8: bytes) } catch { throw InvalidInput(error) }
        }
    }
}

extension JSONValue {
    /// Returns the value of an object's only member; `nil` if the object is empty.
    ///
    /// - Throws: ``InvalidInput`` for any other member, and for a value that is not an object.
    func onlyMember(_ name: String) throws(InvalidInput) -> JSONValue? {
        guard case .object(let members) = self else { throw InvalidInput(path: "", "must be an object, not \(kind)") }
        for member in members where member.name != name {
            let path = String(member.name.prefix(64))
            throw InvalidInput(path: path, "is not a known field; the only known field is \"\(name)\"")
        }
        if members.count > 1 { throw InvalidInput(path: name, "must be given only once") }
        return members.first?.value
    }

    /// Returns the text of a field whose value is a string.
    ///
    /// - Throws: ``InvalidInput`` that names the field, for any other value.
    func text(of field: String) throws(InvalidInput) -> String {
        guard case .string(let text) = self else { throw InvalidInput(path: field, "must be a string, not \(kind)") }
        return text
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
