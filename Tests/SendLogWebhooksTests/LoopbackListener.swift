import Foundation
import Glibc
import Synchronization

/// Answers every request at an address of this machine with that address, and counts its connections.
final class LoopbackListener: CountingListener, Sendable {
    let host: String
    let port: UInt16
    private let socket: Int32
    private let resetsConnection: Bool
    private let beforeAnswer: @Sendable () -> Void
    private let count = Atomic(0)

    /// How many connections there were.
    var connections: Int { count.load(ordering: .relaxed) }

    /// Listens.
    ///
    /// - Parameters:
    ///   - host: an address of this machine
    ///   - port: where; any that is free for 0
    ///   - resetsConnection: whether each connection is reset once its request is there
    ///   - beforeAnswer: is called once a request is there, on the thread that answers then
    /// - Throws: where it cannot.
    init(
        _ host: String,
        port: UInt16 = 0,
        resetsConnection: Bool = false,
        beforeAnswer: @escaping @Sendable () -> Void = {}
    ) throws {
        (self.host, self.resetsConnection, self.beforeAnswer) = (host, resetsConnection, beforeAnswer)
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
                self.answer(client)
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    /// Takes a request, whose body is there with its head, answers, and closes the connection.
    private func answer(_ client: Int32) {
        var request = [UInt8](repeating: 0, count: 65_536)
        _ = recv(client, &request, request.count, 0)
        beforeAnswer()
        if resetsConnection {
            // Closing at once, with nothing lingering, resets it.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            close(client)
            return
        }
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(host.utf8.count)\r\nConnection: close\r\n\r\n\(host)"
        _ = answer.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        close(client)
    }
}
