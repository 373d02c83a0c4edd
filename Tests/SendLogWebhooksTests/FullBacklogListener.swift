import Glibc

/// Listens without accepting connections, with a full backlog: the kernel drops new connections.
final class FullBacklogListener: PortListener, Sendable {
    let port: UInt16
    private let sockets: [Int32]

    /// Listens, and fills the backlog.
    ///
    /// - Throws: `POSIXError` if it cannot listen.
    init(_ host: String) throws {
        let (socket, port) = try listening(at: host, port: 0, backlog: 0)
        self.port = port
        var address = inetAddress(host, port)
        let clients = (0..<4).map { _ in
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let client = Glibc.socket(AF_INET, kind, 0)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return client
        }
        sockets = [socket] + clients
    }

    deinit {
        for socket in sockets { close(socket) }
    }
}
