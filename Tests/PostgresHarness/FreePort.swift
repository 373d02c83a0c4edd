import Foundation
import Glibc
import TestSupport

/// Ports of 127.0.0.1.
public enum FreePort {
    /// Finds a free port.
    ///
    /// It is below the system's ephemeral ports, so that no client takes it while its server is down.
    ///
    /// - Throws: an error if none is free.
    public static func any() throws -> UInt16 {
        let range = FileManager.default.contents(atPath: "/proc/sys/net/ipv4/ip_local_port_range") ?? Data()
        let lowest = String(decoding: range, as: UTF8.self).split(separator: "\t").first.flatMap { UInt16($0) }
        let end = max(lowest ?? 32_768, 16_384)
        for _ in 0..<100 {
            let port = UInt16.random(in: 10_240..<end)
            guard let socket = try? listen(port) else { continue }
            close(socket)
            return port
        }
        throw TestFailure("no port from 10240 to \(end) is free")
    }

    /// Listens with a non-blocking socket.
    ///
    /// - Returns: the listening socket.
    /// - Throws: an error if the port is taken.
    static func listen(_ port: UInt16) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, tcp, 0)
        guard socket >= 0 else { throw TestFailure.system("socket") }
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = withAddress(of: port) { bind(socket, $0, $1) }
        guard bound == 0, Glibc.listen(socket, 1024) == 0 else {
            defer { close(socket) }
            throw TestFailure.system("cannot listen on port \(port)")
        }
        return socket
    }

    /// Connects with a non-blocking socket: a failure to connect may show later.
    ///
    /// - Returns: the socket; `nil` if the port is closed.
    static func connect(_ port: UInt16) -> Int32? {
        let socket = Glibc.socket(AF_INET, tcp, 0)
        guard socket >= 0 else { return nil }
        let connected = withAddress(of: port) { Glibc.connect(socket, $0, $1) }
        guard connected == 0 || errno == EINPROGRESS else {
            close(socket)
            return nil
        }
        return socket
    }

    private static var tcp: Int32 {
        Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    }

    private static func withAddress(
        of port: UInt16,
        _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
