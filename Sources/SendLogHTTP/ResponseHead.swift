import NIOCore
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
        buffer.writeString(String(status.code))
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
            buffer.writeString(String(length))
            buffer.writeStaticString("\r\n")
        case .chunks: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        case .close, .none: break
        }
        buffer.writeStaticString(closes ? "Connection: close\r\n\r\n" : "\r\n")
    }
}
