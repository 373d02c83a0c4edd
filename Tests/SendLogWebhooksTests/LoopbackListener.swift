import Foundation
import Glibc
import Synchronization

/// Answers every request at an address of this machine with that address, and counts its connections.
final class LoopbackListener: Sendable {
    let port: UInt16
    private let socket: Int32
    private let count = Atomic(0)

    /// How many connections there were.
    var connections: Int { count.load(ordering: .relaxed) }

    /// Listens.
    ///
    /// - Throws: where it cannot.
    init(_ host: String, port: UInt16 = 0) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard isBound else {
            close(socket)
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        self.port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                self.count.add(1, ordering: .relaxed)
                self.answer(client, host)
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    /// Takes a request, whose body is there with its head, answers, and closes the connection.
    private func answer(_ client: Int32, _ host: String) {
        var request = [UInt8](repeating: 0, count: 65_536)
        _ = recv(client, &request, request.count, 0)
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(host.utf8.count)\r\nConnection: close\r\n\r\n\(host)"
        _ = answer.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        close(client)
    }
}
