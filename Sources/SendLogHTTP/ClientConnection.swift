import NIOCore

/// The connection of a client, as the body of a request and the writer of its response use it; only on its event loop.
protocol ClientConnection: AnyObject {
    /// Why the connection ended before the response was complete; `nil` while it is open.
    var connectionEnd: ConnectionEnd? { get }

    /// Sends `100 Continue` if the client waits for it.
    func sendContinue()

    /// Sends a response whose body is complete.
    ///
    /// - Returns: the number of bytes of the body that are sent.
    func send(_ head: ResponseHead, body: [ByteBuffer]) -> Int

    /// Begins a response whose body is sent in pieces, with its length in bytes if it is known.
    ///
    /// - Returns: whether the client expects the body; if not, the response is complete.
    func begin(_ head: ResponseHead, length: Int?) -> Bool

    /// Writes a piece of the body, and calls a closure when the connection is writable again.
    ///
    /// The closure gets whether the client is still connected.
    func write(_ piece: ByteBuffer, _ taken: @escaping (Bool) -> Void)

    /// Ends a response whose body is sent in pieces.
    func end()

    /// Closes the connection after the response in progress.
    func closeAfterwards()

    /// Ends the exchange: starts the next request, or closes the connection.
    ///
    /// - Parameter isComplete: whether the whole response was sent
    func responseEnded(isComplete: Bool)

    /// Removes the arrived parts of the current request's body from the input buffer.
    ///
    /// - Returns: the parts; `nil` if none arrived and more are to come.
    func arrivedBody() -> ArrivedBody?

    /// Resumes a continuation with the arrived parts of the request body, as soon as there are any.
    ///
    /// The continuation gets `nil` if the body was cut off.
    func takeBody(_ continuation: UnsafeContinuation<ArrivedBody?, Never>)
}
