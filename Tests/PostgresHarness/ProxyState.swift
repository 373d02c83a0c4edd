import Glibc

/// The state of a proxy's thread.
struct ProxyState: Sendable {
    var target: UInt16
    /// The listening socket; -1, which is never ready, while the proxy refuses connections.
    var listener: Int32
    var isFrozen = false
    var isStopped = false
    var accepted = 0
    var connections: [ProxyConnection] = []

    init(target: UInt16, listener: Int32) {
        self.target = target
        self.listener = listener
    }

    /// Accepts all pending connections.
    mutating func acceptAll() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            accepted += 1
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            if let server = FreePort.connect(target) {
                connections.append(ProxyConnection(client: client, server: server))
            } else {
                ProxyConnection.reset(client)
            }
        }
    }

    /// Forwards bytes without blocking, and removes closed connections.
    ///
    /// - Parameter ready: two poll entries for each connection, in order
    mutating func pass(_ ready: ArraySlice<pollfd>) {
        var isClosed = false
        for index in connections.indices {
            let first = ready.startIndex + 2 * index
            guard ready[first].revents != 0 || ready[first + 1].revents != 0 else { continue }
            if !connections[index].pass() { isClosed = true }
        }
        if isClosed { connections.removeAll { $0.isClosed } }
    }

    /// Resets all connections.
    mutating func cutAll() {
        for index in connections.indices { connections[index].cut() }
        connections = []
    }

    /// Stops listening.
    mutating func closeListener() {
        if listener >= 0 { close(listener) }
        listener = -1
    }

    /// Closes all sockets and ends the thread.
    mutating func stop() {
        closeListener()
        cutAll()
        isStopped = true
    }
}
