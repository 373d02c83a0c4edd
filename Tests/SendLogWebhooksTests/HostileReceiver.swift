import Foundation
import Glibc
import Synchronization

/// Responds to each request with bytes that a function makes, valid or not, in the test process.
final class HostileReceiver: CountingListener, Sendable {
    /// What the receiver sends, and does with the connection.
    struct Reply: Sendable {
        /// The bytes to send, a piece at a time.
        var pieces: [[UInt8]] = []
        /// The milliseconds between the pieces.
        var pause: UInt32 = 0
        /// What the receiver does with the connection after the last piece.
        var end = End.close

        enum End: CaseIterable, Sendable {
            /// Closes the connection in order.
            case close
            /// Resets it.
            case reset
            /// Waits for another request on the same connection.
            case keepAlive
            /// Waits for another request, and closes the connection without a response.
            case closeAtNext
            /// Sends nothing more until the client closes the connection.
            case stall
            /// Sends bytes until the client closes the connection.
            case flood
        }
    }

    let host = "127.0.0.1"
    let port: UInt16
    private let socket: Int32
    private let isEarly: Bool
    private let reply: @Sendable (Int) -> Reply
    private let count = Atomic(0)
    private let replied = Atomic(0)
    private let received = Mutex<[String]>([])

    /// The number of connections so far.
    var connections: Int { count.load(ordering: .relaxed) }

    /// The number of complete replies, for `.close` including the shutdown of the connection.
    var replies: Int { replied.load(ordering: .relaxed) }

    /// The beginnings of the first thousand requests, in the order of arrival.
    var requests: [String] { received.withLock { $0 } }

    /// Listens at 127.0.0.1.
    ///
    /// - Parameters:
    ///   - isEarly: whether it responds before it has read a request
    ///   - reply: the reply to a request for a path such as `/17`, by its number; called from several threads
    /// - Throws: `POSIXError` if it cannot listen.
    init(isEarly: Bool = false, _ reply: @escaping @Sendable (Int) -> Reply) throws {
        (self.isEarly, self.reply) = (isEarly, reply)
        (socket, port) = try listening(at: "127.0.0.1", port: 0, backlog: 128)
        let listener = socket
        Thread.detachNewThread { [weak self] in
            while true {
                let client = acceptConnection(listener)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                self.count.add(1, ordering: .relaxed)
                let (isEarly, reply) = (self.isEarly, self.reply)
                Thread.detachNewThread { [weak self] in
                    Self.serve(
                        client,
                        isEarly,
                        reply,
                        record: { self?.record($0) },
                        recordReply: { self?.recordReply() }
                    )
                    close(client)
                }
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func record(_ request: String) {
        received.withLock { received in
            if received.count < 1000 { received.append(request) }
        }
    }

    private func recordReply() { replied.add(1, ordering: .relaxed) }

    private static func serve(
        _ client: Int32,
        _ isEarly: Bool,
        _ next: (Int) -> Reply,
        record: (String) -> Void,
        recordReply: () -> Void
    ) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // No thread waits forever for a client.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        while true {
            var number = 0
            if !isEarly {
                let size = recv(client, &buffer, buffer.count, 0)
                if size <= 0 { return }
                record(String(decoding: buffer[..<size], as: UTF8.self))
                let digits = buffer[..<size].drop { $0 != UInt8(ascii: "/") }.dropFirst().prefix {
                    (0x30...0x39).contains($0)
                }
                number = Int(String(decoding: digits, as: UTF8.self)) ?? 0
            }
            let reply = next(number)
            for (index, piece) in reply.pieces.enumerated() {
                if index > 0 { usleep(reply.pause * 1000) }
                if !send(piece, to: client) { return }
            }
            if reply.end == .close { shutdown(client, Int32(SHUT_RDWR)) }
            recordReply()
            switch reply.end {
            case .close: return
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                return
            case .keepAlive: if isEarly, recv(client, &buffer, buffer.count, 0) <= 0 { return }
            case .closeAtNext:
                let size = recv(client, &buffer, buffer.count, 0)
                if size > 0 { record(String(decoding: buffer[..<size], as: UTF8.self)) }
                shutdown(client, Int32(SHUT_RDWR))
                return
            case .stall:
                while recv(client, &buffer, buffer.count, 0) > 0 {}
                return
            case .flood:
                let bytes = reply.pieces.last.flatMap { $0.isEmpty ? nil : $0 } ?? [UInt8](repeating: 0x20, count: 1000)
                while send(bytes, to: client) {}
                return
            }
        }
    }

    private static func send(_ bytes: [UInt8], to client: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }
}
