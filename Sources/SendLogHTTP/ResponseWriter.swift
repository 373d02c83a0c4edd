public import NIOCore
public import NIOHTTP1

/// The status and the header fields of a response.
public struct ResponseHead: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The header fields, except for `Content-Length`, `Transfer-Encoding` and `Connection`.
    public var fields: [Field]

    /// One header field; the value must not contain line breaks.
    public typealias Field = (name: StaticString, value: String)

    /// Creates a head.
    public init(status: HTTPResponseStatus, fields: [Field]) {
        self.status = status
        self.fields = fields
    }

    /// How the end of the body is indicated.
    enum Framing {
        /// By its length in bytes.
        case length(Int)
        /// By an empty chunk.
        case chunks
        /// By the end of the connection.
        case close
        /// The response has no body, and the length that the body would have is unknown.
        case none
    }

    /// Writes the head in the format of HTTP/1 (<https://www.rfc-editor.org/rfc/rfc9112#section-4>).
    func write(to buffer: inout ByteBuffer, framing: Framing, isHTTP10: Bool, closes: Bool) {
        buffer.writeStaticString(isHTTP10 ? "HTTP/1.0 " : "HTTP/1.1 ")
        buffer.writeDecimal(Int(status.code))
        buffer.writeStaticString(" ")
        buffer.writeString(status.reasonPhrase)
        buffer.writeStaticString("\r\n")
        for field in fields {
            buffer.writeStaticString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        switch framing {
        case .length(let length):
            buffer.writeStaticString("Content-Length: ")
            buffer.writeDecimal(length)
            buffer.writeStaticString("\r\n")
        case .chunks: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        case .close, .none: break
        }
        buffer.writeStaticString(closes ? "Connection: close\r\n\r\n" : "\r\n")
    }
}

/// Sends the response to one request: either with ``send(_:body:)``, or with ``begin(_:)``, ``write(_:)`` and
/// ``end()``.
///
/// ``write(_:)`` and ``waitUntilWritable()`` may be called on any thread, everything else only on the connection's
/// event loop, where the responder runs.
public struct ResponseWriter: Sendable {
    private let handle: ConnectionHandle

    init(_ handle: ConnectionHandle) { self.handle = handle }

    /// Whether the client is still connected.
    public var isOpen: Bool { handle.connection.isOpen }

    /// Sends `100 Continue` if the client waits for it.
    public func sendContinue() { handle.connection.sendContinue() }

    /// Sends a response whose body is complete, in parts that follow each other; a `HEAD` request gets only the head.
    public func send(_ head: ResponseHead, body: [ByteBuffer]) { handle.connection.send(head, body: body) }

    /// Begins a response of unknown length.
    ///
    /// - Returns: whether the client expects the body; if not, the response is complete.
    public func begin(_ head: ResponseHead) -> Bool { handle.connection.begin(head) }

    /// Sends the next piece of the body, and waits until the connection is writable again.
    ///
    /// - Throws: ``ConnectionBroken`` if the client has disconnected.
    public func write(_ piece: ByteBuffer) async throws(ConnectionBroken) {
        guard piece.readableBytes > 0 else { return }
        let isOpen = await withUnsafeContinuation { continuation in
            handle.run { $0.write(piece, continuation) }
        }
        if !isOpen { throw ConnectionBroken() }
    }

    /// Waits until the connection is writable again or the client has disconnected.
    public func waitUntilWritable() async {
        _ = await withUnsafeContinuation { continuation in handle.run { $0.waitUntilWritable(continuation) } }
    }

    /// Closes the connection after this response.
    public func closeAfterwards() { handle.connection.exchange?.closes = true }

    /// Ends a response of unknown length.
    public func end() { handle.connection.end() }
}

extension ByteBuffer {
    mutating func writeDecimal(_ value: Int) { writeDigits(value, radix: 10) }

    /// Writes the size of a chunk in hexadecimal.
    mutating func writeHexadecimal(_ value: Int) { writeDigits(value, radix: 16) }

    private mutating func writeDigits(_ value: Int, radix: Int) {
        var divisor = 1
        while value / divisor >= radix { divisor *= radix }
        while divisor > 0 {
            let digit = UInt8(value / divisor % radix)
            writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            divisor /= radix
        }
    }
}
