import NIOCore

/// Reaches a connection from any thread: everything about it happens on its event loop.
struct ConnectionHandle: Sendable {
    private let bound: NIOLoopBound<HTTPConnection>

    /// Makes a handle, on the connection's event loop.
    init(_ connection: HTTPConnection, on loop: any EventLoop) {
        bound = NIOLoopBound(connection, eventLoop: loop)
    }

    /// The connection; on its event loop only.
    var connection: HTTPConnection { bound.value }

    /// Does something with the connection: at once on its event loop, otherwise soon.
    func run(_ body: @escaping @Sendable (HTTPConnection) -> Void) {
        if bound.eventLoop.inEventLoop { return body(bound.value) }
        bound.eventLoop.execute { body(bound.value) }
    }
}
