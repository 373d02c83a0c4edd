import Glibc
import TestSupport

/// A connection to a server on this machine that sends any bytes, valid HTTP or not.
///
/// Each call blocks until its timeout at most: 60 seconds by default.
final class HTTPConnection {
    private let socket: Int32
    private var received: [UInt8] = []
    private var consumed = 0

    /// Connects to a server.
    ///
    /// - Parameters:
    ///   - host: the address at which the server listens
    ///   - port: the port
    ///   - receiveBuffer: `SO_RCVBUF`, how many bytes the system buffers for a client that does not read
    ///   - timeout: the seconds after which a blocked call fails
    /// - Throws: if no server listens there.
    init(host: String = "127.0.0.1", port: UInt16, receiveBuffer: Int32? = nil, timeout: Int = 60) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw TestFailure.system("socket") }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        // Without TCP_NODELAY the body would wait for the server's delayed acknowledgement of the head.
        var noDelay: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
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
    /// - Throws: ``ConnectionFailure`` if the server no longer receives.
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
    /// - Returns: whether the bytes were sent.
    /// - Throws: if the server does not receive them within the timeout.
    func sendUnlessEnded(_ bytes: some Sequence<UInt8>) throws -> Bool {
        do {
            try send(bytes)
            return true
        } catch let failure as ConnectionFailure where failure.isEnd {
            return false
        }
    }

    /// Shuts down the sending half of the connection; responses can still be read.
    func finishSending() {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Resets the connection.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        // The descriptor stays open for deinit; a disconnected socket has sent its reset already.
        var nowhere = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: sockaddr().sa_data)
        connect(socket, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Reads the next byte.
    ///
    /// - Returns: the byte, or `nil` if the server closed the connection.
    func byte() throws -> UInt8? {
        if consumed == received.count, try !receive() { return nil }
        defer { consumed += 1 }
        return received[consumed]
    }

    /// Reads a line and returns it without its CR LF or LF.
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

    /// Reads the given number of bytes.
    ///
    /// - Throws: if the server closes the connection before.
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
            let available = min(count - bytes.count, received.count - consumed)
            bytes.append(contentsOf: received[consumed..<consumed + available])
            consumed += available
        }
        return bytes
    }

    /// Reads until the server closes the connection; a reset is an error.
    func readToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        try readRest(into: &bytes)
        return bytes
    }

    /// Reads until the server closes or resets the connection.
    ///
    /// - Throws: if the server does neither within the timeout.
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

    /// Whether there is nothing to read at this moment, neither bytes nor the end of the connection.
    var isSilent: Bool {
        guard consumed == received.count else { return false }
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    private func receive() throws -> Bool {
        // The buffer is emptied first, so that its bytes are not read again if this fails.
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
