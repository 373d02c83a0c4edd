import Glibc

/// Has a port where nobody takes connections, and as many wait as may: the system drops what comes.
final class FullBacklogListener: PortListener, Sendable {
    let port: UInt16
    private let sockets: [Int32]

    /// Listens, and fills the queue.
    ///
    /// - Throws: where it cannot.
    init(_ host: String) throws {
        let (socket, port) = try listening(at: host, port: 0, backlog: 0)
        self.port = port
        var address = inetAddress(host, port)
        let callers = (0..<4).map { _ in
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let caller = Glibc.socket(AF_INET, kind, 0)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = connect(caller, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return caller
        }
        sockets = [socket] + callers
    }

    deinit {
        for socket in sockets { close(socket) }
    }
}
