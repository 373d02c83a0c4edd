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
/// ``write(_:)`` may be called anywhere, all else on the connection's event loop only, where the responder runs.
public struct AnswerWriter: Sendable {
    private let handle: ConnectionHandle

    init(_ handle: ConnectionHandle) { self.handle = handle }

    /// Whether the client is still there.
    public var isOpen: Bool { handle.connection.isOpen }

    /// Sends `100 Continue` if the client waits for it.
    public func invite() { handle.connection.invite() }

    /// Answers with a body that is all there, a part behind the other; a `HEAD` gets the head alone.
    public func send(_ head: AnswerHead, body: [ByteBuffer]) { handle.connection.send(head, body: body) }

    /// Begins an answer of unknown length.
    ///
    /// - Returns: whether the client wants the body; if not, the answer is complete.
    public func begin(_ head: AnswerHead) -> Bool { handle.connection.begin(head) }

    /// Sends the next piece, and waits until the client took enough of what was sent.
    ///
    /// - Throws: ``ConnectionBroken`` where the client is gone.
    public func write(_ piece: ByteBuffer) async throws(ConnectionBroken) {
        guard piece.readableBytes > 0 else { return }
        let isOpen = await withUnsafeContinuation { continuation in
            handle.run { $0.write(piece, continuation) }
        }
        if !isOpen { throw ConnectionBroken() }
    }

    /// Waits until the client took enough of what was sent, or is gone.
    public func drain() async {
        _ = await withUnsafeContinuation { continuation in handle.run { $0.waitForRoom(continuation) } }
    }

    /// Makes the connection end with this answer.
    public func closeAfterwards() { handle.connection.exchange?.closes = true }

    /// Ends an answer of unknown length.
    public func end() { handle.connection.end() }
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
