public import NIOCore

/// The body of a request, read in pieces.
public struct RequestBody: Sendable {
    /// The parts that have arrived.
    private var arrived: ArrivedBody
    /// The connection that receives the rest.
    private let connection: ConnectionHandle?

    /// Creates a body that is complete.
    public init(_ whole: ByteBuffer) {
        arrived = ArrivedBody(pieces: whole.readableBytes > 0 ? [whole] : [], isComplete: true)
        connection = nil
    }

    init(of connection: ConnectionHandle) {
        arrived = ArrivedBody()
        self.connection = connection
    }

    /// Returns this body together with the parts that have arrived; call it only on the event loop.
    ///
    /// A reader on another thread then need not return to the event loop for these parts. The original must not be read
    /// afterwards.
    public func withArrived() -> RequestBody {
        guard let connection, let arrived = connection.connection.arrivedBody() else { return self }
        var body = self
        body.arrived = arrived
        return body
    }

    /// Returns a reader that starts at the beginning of the body or, for a connection, at the first unread part.
    public func makeReader() -> Reader { Reader(arrived: arrived, connection: connection) }

    /// Reads a body once, on any thread.
    public struct Reader {
        fileprivate var arrived: ArrivedBody
        fileprivate let connection: ConnectionHandle?

        /// Returns the next piece, or `nil` at the end.
        ///
        /// - Throws: ``ConnectionBroken`` if the body was cut off.
        public mutating func next() async throws(ConnectionBroken) -> ByteBuffer? {
            if arrived.pieces.isEmpty, !arrived.isComplete {
                guard let connection else { return nil }
                let more = await withUnsafeContinuation { continuation in
                    connection.run { $0.takeBody(continuation) }
                }
                guard let more else { throw ConnectionBroken() }
                arrived = more
            }
            return arrived.pieces.isEmpty ? nil : arrived.pieces.removeFirst()
        }
    }
}
