import Foundation
import Glibc

/// What has a port of this machine.
protocol PortListener {
    var port: UInt16 { get }
}

/// An address and port as sockets have it.
func inetAddress(_ host: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr(host)
    return address
}

/// A socket that listens, and its port.
func listening(at host: String, port: UInt16, backlog: Int32) throws -> (socket: Int32, port: UInt16) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = inetAddress(host, port)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket, $0, size) == 0 && listen(socket, backlog) == 0 && getsockname(socket, $0, &size) == 0
        }
    }
    guard isBound else {
        let code = errno
        close(socket)
        throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
    }
    return (socket, UInt16(bigEndian: address.sin_port))
}

/// Takes a connection that no child process inherits: one that did would keep it open.
func acceptConnection(_ socket: Int32) -> Int32 {
    let client = accept(socket, nil, nil)
    if client >= 0 { _ = fcntl(client, F_SETFD, FD_CLOEXEC) }
    return client
}
