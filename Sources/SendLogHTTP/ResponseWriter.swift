public import NIOCore

/// Sends the response to one request: either with ``send(_:body:)``, or with ``begin(_:length:)``, the ``pieces()`` and
/// ``end()``.
///
/// The pieces may be sent on any thread, everything else only on the connection's event loop, where the responder runs.
public struct ResponseWriter: Sendable {
    private let handle: ConnectionHandle

    init(_ handle: ConnectionHandle) { self.handle = handle }

    /// Why the connection ended before the response was complete; `nil` while it is open.
    public var connectionEnd: ConnectionEnd? { handle.connection.connectionEnd }

    /// Sends `100 Continue` if the client waits for it.
    public func sendContinue() { handle.connection.sendContinue() }

    /// Sends a response whose body is complete, in parts that follow each other; a `HEAD` request gets only the head.
    ///
    /// - Returns: the number of bytes of the body that are sent.
    public func send(_ head: ResponseHead, body: [ByteBuffer]) -> Int { handle.connection.send(head, body: body) }

    /// Begins a response whose body is sent in pieces.
    ///
    /// - Parameters:
    ///   - head: the head
    ///   - length: the length of the body in bytes; `nil` if it is not known
    /// - Returns: whether the client expects the body; if not, the response is complete.
    public func begin(_ head: ResponseHead, length: Int? = nil) -> Bool {
        handle.connection.begin(head, length: length)
    }

    /// Returns the sender of the body's pieces, between ``begin(_:length:)`` and ``end()``.
    public func pieces() -> ResponsePieces { ResponsePieces(handle) }

    /// Closes the connection after this response.
    public func closeAfterwards() { handle.connection.closeAfterwards() }

    /// Ends a response whose body was sent in pieces.
    public func end() { handle.connection.end() }
}
