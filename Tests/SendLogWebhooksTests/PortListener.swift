import Foundation
import Glibc
import TestSupport

/// A listener on a port of this machine.
protocol PortListener {
    var port: UInt16 { get }
}

/// A listener that counts its connections, in the order of arrival.
protocol CountingListener: PortListener {
    var host: String { get }
    var connections: Int { get }
}

extension CountingListener {
    /// Counts the connections so far, without the one that this method makes.
    ///
    /// A thread of the listener counts them, possibly with a delay. When it has closed this connection, it has counted
    /// all earlier ones.
    ///
    /// - Throws: `TestFailure` if the connection fails, or the listener does not close it.
    func countConnections() throws -> Int {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard client >= 0 else { throw TestFailure.system("socket") }
        defer { close(client) }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = inetAddress(host, port)
        let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw TestFailure.system("connect") }
        shutdown(client, Int32(SHUT_WR))
        var buffer = [UInt8](repeating: 0, count: 1024)
        var count = 0
        repeat { count = recv(client, &buffer, buffer.count, 0) } while count > 0
        guard count == 0 || errno == ECONNRESET else { throw TestFailure.system("recv") }
        return connections - 1
    }
}

/// An address and port in the form that sockets use.
func inetAddress(_ host: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr(host)
    return address
}

/// A listening socket, and its port.
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

/// Accepts a connection that no child process inherits, as the child would keep it open.
func acceptConnection(_ socket: Int32) -> Int32 {
    let client = accept(socket, nil, nil)
    if client >= 0 { _ = fcntl(client, F_SETFD, FD_CLOEXEC) }
    return client
}
