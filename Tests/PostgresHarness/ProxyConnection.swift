import Glibc

/// A client's connection, and the connection to the server that it is forwarded to.
struct ProxyConnection: Sendable {
    private let client: Int32
    private let server: Int32
    private var toServer: Stream
    private var toClient: Stream
    private(set) var isClosed = false

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
        toServer = Stream(from: client, to: server)
        toClient = Stream(from: server, to: client)
        for socket in [client, server] {
            // Nagle's algorithm would delay small messages until the previous one is acknowledged.
            var yes: Int32 = 1
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Adds two poll entries, of the client and of the server; -1 if there is nothing to wait for.
    func append(to pollEntries: inout [pollfd]) {
        for (socket, incoming, outgoing) in [(client, toServer, toClient), (server, toClient, toServer)] {
            let events = (incoming.wantsToRead ? POLLIN : 0) | (outgoing.wantsToWrite ? POLLOUT : 0)
            pollEntries.append(pollfd(fd: events == 0 ? -1 : socket, events: Int16(events), revents: 0))
        }
    }

    /// Forwards bytes without blocking, in both directions.
    ///
    /// - Returns: whether the connection is still open; a broken one is reset.
    mutating func pass() -> Bool {
        guard toServer.pass(), toClient.pass() else {
            cut()
            return false
        }
        guard toServer.isClosed, toClient.isClosed else { return true }
        close(client)
        close(server)
        isClosed = true
        return false
    }

    /// Closes both sides so that each sees a reset.
    mutating func cut() {
        guard !isClosed else { return }
        Self.reset(client)
        Self.reset(server)
        isClosed = true
    }

    /// Closes a socket so that the other side sees a reset.
    static func reset(_ socket: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close(socket)
    }
}

/// One direction of a connection.
private struct Stream {
    private let source: Int32
    private let sink: Int32
    private var buffer: [UInt8] = Array(repeating: 0, count: 65_536)
    /// The part of the buffer that has been read and not written yet.
    private var rest = 0..<0
    private(set) var isClosed = false

    init(from source: Int32, to sink: Int32) {
        self.source = source
        self.sink = sink
    }

    var wantsToRead: Bool { rest.isEmpty && !isClosed }
    var wantsToWrite: Bool { !rest.isEmpty }

    /// Forwards at most 16 buffers without blocking, so that other connections get their turn.
    ///
    /// - Returns: `false` if the connection broke.
    mutating func pass() -> Bool {
        for _ in 0..<16 where !isClosed {
            if rest.isEmpty {
                let count = recv(source, &buffer, buffer.count, 0)
                if count < 0 { return errno == EAGAIN || errno == EINTR }
                if count == 0 {
                    shutdown(sink, Int32(SHUT_WR))
                    isClosed = true
                    return true
                }
                rest = 0..<count
            }
            let count = buffer.withUnsafeBytes {
                send(sink, $0.baseAddress?.advanced(by: rest.lowerBound), rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            rest = rest.lowerBound + count..<rest.upperBound
        }
        return true
    }
}
