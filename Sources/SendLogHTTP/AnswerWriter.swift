public import NIOCore
public import NIOHTTP1

/// The head of an answer.
public struct AnswerHead: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The header fields, without those that frame the body.
    public var fields: [Field]

    /// One header field; the value must not hold line breaks.
    public typealias Field = (name: StaticString, value: String)

    /// Makes a head of its parts.
    public init(status: HTTPResponseStatus, fields: [Field]) {
        self.status = status
        self.fields = fields
    }

    /// How the end of the body is told.
    enum Framing {
        /// By its length in bytes.
        case length(Int)
        /// By an empty chunk.
        case chunks
        /// By the end of the connection.
        case close
        /// There is none, and how long it would be is not known.
        case none
    }

    /// Writes the head as HTTP/1.1 has it (<https://www.rfc-editor.org/rfc/rfc9112#section-4>).
    func write(to buffer: inout ByteBuffer, framing: Framing, isOld: Bool, closes: Bool) {
        buffer.writeStaticString(isOld ? "HTTP/1.0 " : "HTTP/1.1 ")
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

/// Answers one request: either with ``send(_:body:)``, or with ``begin(_:)``, ``write(_:)`` and ``end()``.
///
/// It may be used on the connection's event loop only, where the responder runs.
public struct AnswerWriter: Sendable {
    let connection: NIOLoopBound<HTTPConnection>

    /// Whether there is still somebody to be answered.
    public var isOpen: Bool { connection.value.isOpen }

    /// Invites the client to send the body that it announced.
    public func invite() { connection.value.invite() }

    /// Answers with a body that is all there, a part behind the other; a `HEAD` gets the head alone.
    public func send(_ head: AnswerHead, body: [ByteBuffer]) { connection.value.send(head, body: body) }

    /// An empty buffer for a body.
    public func buffer(capacity: Int) -> ByteBuffer { connection.value.buffer(capacity: capacity) }

    /// Begins an answer of unknown length.
    ///
    /// - Returns: whether the client wants the body; if not, the answer is complete.
    public func begin(_ head: AnswerHead) -> Bool { connection.value.begin(head) }

    /// Sends the next piece, and waits until the client took enough of what was sent.
    ///
    /// - Throws: ``ConnectionBroken`` where the client is gone.
    public func write(_ piece: ByteBuffer) async throws(ConnectionBroken) { try await connection.value.write(piece) }

    /// Ends an answer of unknown length.
    public func end() { connection.value.end() }
}

extension ByteBuffer {
    mutating func writeDecimal(_ value: Int) { writeDigits(value, radix: 10) }

    /// Writes the size of a chunk.
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
