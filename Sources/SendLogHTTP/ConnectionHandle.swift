import NIOCore

/// A reference to a connection that any thread may hold, although the connection is used only on its event loop.
struct ConnectionHandle: Sendable {
    private let bound: NIOLoopBound<any ClientConnection>

    /// Creates a handle, on the connection's event loop.
    init(_ connection: any ClientConnection, on loop: any EventLoop) {
        bound = NIOLoopBound(connection, eventLoop: loop)
    }

    /// The connection; to be used only on its event loop.
    var connection: any ClientConnection { bound.value }

    /// Calls a closure with the connection: immediately if on its event loop, otherwise as soon as the event loop runs
    /// it.
    func run(_ body: @escaping @Sendable (any ClientConnection) -> Void) {
        if bound.eventLoop.inEventLoop { return body(bound.value) }
        bound.eventLoop.execute { body(bound.value) }
    }
}
