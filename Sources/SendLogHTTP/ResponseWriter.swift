public import NIOCore

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
    public func closeAfterwards() { handle.connection.closeAfterwards() }

    /// Ends a response of unknown length.
    public func end() { handle.connection.end() }
}
