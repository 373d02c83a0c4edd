import Dispatch
import Foundation
import Glibc
import Synchronization
import TestSupport

/// A client of the DevTools protocol over a socket: commands, their responses, and events.
///
/// A message is JSON and ends with a NUL byte: <https://chromedevtools.github.io/devtools-protocol/>.
final class DevTools: Sendable {
    /// The handler of an event, called on the thread that reads; it must not wait for responses.
    typealias Listener = @Sendable (_ event: String, _ parameters: JSON) -> Void

    /// The response to a command, for which a caller waits.
    private final class Reply: Sendable {
        let hasArrived = DispatchSemaphore(value: 0)
        let result = Mutex<Result<JSON, any Error>?>(nil)

        func arrive(_ result: sending Result<JSON, any Error>) {
            self.result.withLock { $0 = result }
            hasArrived.signal()
        }
    }

    private struct State {
        var lastID = 0
        var replies: [Int: Reply] = [:]
        var listeners: [String: Listener] = [:]
        var isOver = false
    }

    private let socket: Int32
    private let state = Mutex(State())
    private let sending = Mutex(())

    /// Starts to read.
    ///
    /// - Parameter socket: the socket, which is closed with this object
    init(socket: Int32) {
        self.socket = socket
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { [self] in read() }
    }

    deinit { close(socket) }

    /// Sends a command and waits for the response.
    ///
    /// - Parameters:
    ///   - method: the command's name
    ///   - parameters: the command's parameters, an object
    ///   - session: the session of a page, or `nil` for the browser
    ///   - seconds: how long to wait
    /// - Returns: the result in the response.
    /// - Throws: the error in the response, or a `TestFailure` if there is no response in time.
    @discardableResult func call(
        _ method: String,
        _ parameters: JSON = [:],
        session: String? = nil,
        atMost seconds: Double = 60
    ) throws -> JSON {
        let reply = Reply()
        let id = try send(method, parameters, session: session, reply: reply)
        let isInTime = reply.hasArrived.wait(timeout: .now() + seconds) == .success
        guard isInTime, let result = reply.result.withLock({ $0 }) else {
            state.withLock { _ = $0.replies.removeValue(forKey: id) }
            let command = "\(method) \(parameters.encoded.prefix(300))"
            throw TestFailure("Chromium did not respond to \(command) within \(seconds) s")
        }
        do { return try result.get() } catch {
            throw TestFailure("\(method) \(parameters.encoded.prefix(300)): \(error)")
        }
    }

    /// Sends a command and ignores the response.
    func post(_ method: String, _ parameters: JSON = [:], session: String? = nil) {
        _ = try? send(method, parameters, session: session, reply: nil)
    }

    /// Sets the listener of a session's events, or removes it with `nil`.
    func listen(to session: String, _ listener: Listener?) {
        state.withLock { $0.listeners[session] = listener }
    }

    private func send(_ method: String, _ parameters: JSON, session: String?, reply: Reply?) throws -> Int {
        let id = try state.withLock { state in
            guard !state.isOver else { throw TestFailure("\(method): Chromium has ended") }
            state.lastID += 1
            if let reply { state.replies[state.lastID] = reply }
            return state.lastID
        }
        var message: [String: JSON] = ["id": .number(Double(id)), "method": .string(method), "params": parameters]
        if let session { message["sessionId"] = .string(session) }
        let bytes = Array(JSON.object(message).encoded.utf8) + [0]
        try sending.withLock { _ in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw TestFailure.system("send \(method) to Chromium") }
                sent += count
            }
        }
        return id
    }

    private func read() {
        var message: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            var rest = buffer[..<count]
            while let end = rest.firstIndex(of: 0) {
                message += rest[..<end]
                receive(message)
                message.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            message += rest
        }
        let replies = state.withLock { state in
            state.isOver = true
            defer { (state.replies, state.listeners) = ([:], [:]) }
            return state.replies.values
        }
        for reply in replies { reply.arrive(.failure(TestFailure("Chromium has ended"))) }
    }

    private func receive(_ bytes: [UInt8]) {
        guard let message = try? JSON(parsing: bytes) else { return }
        if let id = message["id"].integer {
            let reply = state.withLock { $0.replies.removeValue(forKey: id) }
            let error = message["error"]
            if error == .null {
                reply?.arrive(.success(message["result"]))
            } else {
                reply?.arrive(.failure(TestFailure("\(error["message"].plainText) \(error["data"].string ?? "")")))
            }
        } else if let method = message["method"].string, let session = message["sessionId"].string {
            let listener = state.withLock { $0.listeners[session] }
            listener?(method, message["params"])
        }
    }
}
