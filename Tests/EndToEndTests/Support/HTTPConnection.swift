import Glibc
import TestSupport

/// A connection to a server on this machine over which anything can be sent, right or wrong.
///
/// It blocks, each time until its timeout at most: 60 seconds by default.
final class HTTPConnection {
    private let socket: Int32
    private var received: [UInt8] = []
    private var consumed = 0

    /// Connects.
    ///
    /// - Parameters:
    ///   - host: the address at which the server listens
    ///   - port: the port
    ///   - receiveBuffer: how many bytes the system keeps for a client that does not read
    ///   - timeout: after how many seconds a blocked call fails
    /// - Throws: where nobody listens.
    init(host: String = "127.0.0.1", port: UInt16, receiveBuffer: Int32? = nil, timeout: Int = 60) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw TestFailure.system("socket") }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        // Head and body go out at once, or the second of them would wait for the server's delayed acknowledgement.
        var atOnce: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &atOnce, socklen_t(MemoryLayout<Int32>.size))
        if var receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            defer { Glibc.close(socket) }
            throw TestFailure.system("connect")
        }
    }

    deinit {
        close(socket)
    }

    /// Sends bytes as they are.
    ///
    /// - Throws: ``ConnectionFailure`` where the server no longer takes any.
    func send(_ bytes: some Sequence<UInt8>) throws {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ConnectionFailure.system("send") }
            sent += count
        }
    }

    /// Sends text as it is.
    func send(_ text: String) throws {
        try send(text.utf8)
    }

    /// Sends bytes as they are, unless the server has ended the connection.
    ///
    /// - Returns: whether it took them.
    /// - Throws: where it takes none within the timeout.
    func sendUnlessEnded(_ bytes: some Sequence<UInt8>) throws -> Bool {
        do {
            try send(bytes)
            return true
        } catch let failure as ConnectionFailure where failure.isEnd {
            return false
        }
    }

    /// Tells the server that nothing more comes, and goes on listening.
    func finishSending() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Drops the connection so that the server sees a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        // The descriptor stays open for deinit; a disconnected socket has sent its reset already.
        var nowhere = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: sockaddr().sa_data)
        connect(socket, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// The next byte.
    ///
    /// - Returns: `nil` where the server closed the connection.
    func byte() throws -> UInt8? {
        if consumed == received.count, try !receive() { return nil }
        defer { consumed += 1 }
        return received[consumed]
    }

    /// The bytes up to a line feed, without it and the carriage return before it.
    func line() throws -> String {
        var line: [UInt8] = []
        while let byte = try byte() {
            if byte == UInt8(ascii: "\n") {
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return String(decoding: line, as: UTF8.self)
            }
            line.append(byte)
        }
        throw ConnectionFailure(
            kind: .closed,
            description: "the server closed the connection after \"\(String(decoding: line, as: UTF8.self))\""
        )
    }

    /// As many bytes as wanted.
    ///
    /// - Throws: where the server closed the connection before that.
    func bytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if consumed == received.count, try !receive() {
                throw ConnectionFailure(
                    kind: .closed,
                    description: "the server closed the connection after \(bytes.count) of \(count) bytes"
                )
            }
            let taken = min(count - bytes.count, received.count - consumed)
            bytes.append(contentsOf: received[consumed..<consumed + taken])
            consumed += taken
        }
        return bytes
    }

    /// Everything up to the end of the connection, which must be an orderly one.
    func readToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        try readRest(into: &bytes)
        return bytes
    }

    /// Everything up to the end of the connection, in order or by a reset.
    ///
    /// - Throws: where the server does not end the connection within the timeout.
    func readToEndOrReset() throws -> [UInt8] {
        var bytes: [UInt8] = []
        do { try readRest(into: &bytes) } catch let failure as ConnectionFailure where failure.isEnd {}
        return bytes
    }

    private func readRest(into bytes: inout [UInt8]) throws {
        repeat {
            bytes.append(contentsOf: received[consumed...])
            consumed = received.count
        } while try receive()
    }

    /// Whether nothing is there to be read at this moment, neither bytes nor the end of the connection.
    var isSilent: Bool {
        guard consumed == received.count else { return false }
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    private func receive() throws -> Bool {
        // Nothing of before is read again where this fails.
        (received, consumed) = ([], 0)
        received = try [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, filled in
            var count = recv(socket, buffer.baseAddress, buffer.count, 0)
            while count < 0, errno == EINTR { count = recv(socket, buffer.baseAddress, buffer.count, 0) }
            guard count >= 0 else { throw ConnectionFailure.system("recv") }
            filled = count
        }
        return !received.isEmpty
    }
}
