import Foundation
import Glibc
import Synchronization

/// Responds to every request with its own loopback address, and counts its connections.
final class LoopbackListener: CountingListener, Sendable {
    let host: String
    let port: UInt16
    private let socket: Int32
    private let resetsConnection: Bool
    private let beforeResponse: @Sendable () -> Void
    private let count = Atomic(0)

    /// The number of connections so far.
    var connections: Int { count.load(ordering: .relaxed) }

    /// Listens.
    ///
    /// - Parameters:
    ///   - host: an address of this machine
    ///   - port: the port; 0 for any free port
    ///   - resetsConnection: whether it resets each connection after it has read the request
    ///   - beforeResponse: called after each request is read, on the thread that responds
    /// - Throws: `POSIXError` if it cannot listen.
    init(
        _ host: String,
        port: UInt16 = 0,
        resetsConnection: Bool = false,
        beforeResponse: @escaping @Sendable () -> Void = {}
    ) throws {
        (self.host, self.resetsConnection, self.beforeResponse) = (host, resetsConnection, beforeResponse)
        let socket: Int32
        (socket, self.port) = try listening(at: host, port: port, backlog: 16)
        self.socket = socket
        Thread.detachNewThread { [weak self] in
            while true {
                let client = acceptConnection(socket)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                self.count.add(1, ordering: .relaxed)
                self.respond(to: client)
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    /// Reads a request, whose body arrives with its head, responds, and closes the connection.
    private func respond(to client: Int32) {
        var request = [UInt8](repeating: 0, count: 65_536)
        _ = recv(client, &request, request.count, 0)
        beforeResponse()
        if resetsConnection {
            // A close with a linger time of zero resets the connection.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            close(client)
            return
        }
        let response = "HTTP/1.1 200 OK\r\nContent-Length: \(host.utf8.count)\r\nConnection: close\r\n\r\n\(host)"
        _ = response.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        close(client)
    }
}
