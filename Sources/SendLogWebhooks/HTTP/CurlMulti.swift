import CCurl

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The transfers of one thread: libcurl's multi interface, with its sockets, timers and idle connections.
///
/// libcurl says which sockets to watch and when to call it again (`curl_multi_socket_action`), so that a round costs no
/// more with hundreds of receivers that keep silent. Not `Sendable`: it is made and used on one thread.
final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    private var sockets = PollSet()
    private let openSockets = OpenSockets()
    /// When libcurl wants to be called.
    private var timer: ContinuousClock.Instant?
    /// The number of running transfers, an output of each libcurl call that is not used.
    private var running: Int32 = 0
    private var active: [ObjectIdentifier: CurlTransfer] = [:]
    /// Not after the first deadline of ``active``.
    private var nextDeadline: ContinuousClock.Instant?

    /// When the last transfer ended, if there was one.
    private var lastEnd: ContinuousClock.Instant?

    /// For how long idle connections are kept while nothing is sent at all; libcurl closes old ones when it opens another.
    private static let maxIdle = Duration.seconds(10)
    /// The most idle connections; the one used longest ago is closed first.
    private static let maxIdleConnections = 256
    /// How much longer a transfer lasts if the thread was too busy to look at it in time.
    private static let grace = Duration.milliseconds(50)

    init() {
        // Only without memory is there none, and then no thread either.
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init failed") }
        self.multi = multi
        _ = curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.maxIdleConnections)
        _ = curl_multi_set_callbacks(
            multi,
            { _, socket, events, context, _ in
                CurlMulti.from(context).sockets.watch(socket, for: events)
                return 0
            },
            { _, milliseconds, context in
                CurlMulti.from(context).timer =
                    milliseconds < 0 ? nil : ContinuousClock.now + .milliseconds(milliseconds)
                return 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// When to close this, since only idle connections are left; `nil` for not.
    var idleEnd: ContinuousClock.Instant? { active.isEmpty ? lastEnd.map { $0 + Self.maxIdle } : nil }

    /// Ends all transfers as cancelled, and closes all connections.
    func close() {
        for transfer in active.values { end(transfer, .cancelled) }
        curl_multi_cleanup(multi)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlMulti {
        // Set in `init`; `close` ends the calls.
        Unmanaged<CurlMulti>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
    }

    /// Starts an exchange.
    ///
    /// - Parameters:
    ///   - exchange: what to do
    ///   - id: by which ``cancel(_:)`` finds it
    ///   - completion: called once, on this thread
    func start(_ exchange: HTTPExchange, id: Int, _ completion: @escaping CurlTransfer.Completion) {
        guard let transfer = CurlTransfer(exchange, id: id, on: openSockets, completion) else {
            return completion(HTTPExchangeResult(failure: .other(reason: "out of memory")))
        }
        if let failure = transfer.prepare() { return transfer.finish(failure) }
        active[ObjectIdentifier(transfer)] = transfer
        nextDeadline = min(nextDeadline ?? transfer.deadline, transfer.deadline)
        let code = curl_multi_add_handle(multi, transfer.handle)
        if code != CURLM_OK { end(transfer, .other(reason: String(cString: curl_multi_strerror(code)))) }
    }

    /// Ends an exchange that is not to be waited for any longer.
    func cancel(_ id: Int) {
        if let transfer = active.values.first(where: { $0.id == id }) { end(transfer, .cancelled) }
    }

    /// Moves on without waiting: what has just been started is sent.
    func advance() {
        if let moment = timer, moment <= .now {
            timer = nil
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        }
        readMessages()
    }

    /// Waits for sockets and for a descriptor that wakes the thread, and moves what there is to move.
    ///
    /// - Parameters:
    ///   - wakeUp: the descriptor
    ///   - limit: until when to wait at most; `nil` for as long as nothing happens
    /// - Returns: whether the descriptor has something to read.
    func run(wakingBy wakeUp: Int32, until limit: ContinuousClock.Instant?) -> Bool {
        let times = [limit, timer, nextDeadline].compactMap { $0 }
        // Before any deadline is looked at: what has arrived in time counts, however busy the thread was.
        let (ready, isWoken) = sockets.wait(or: wakeUp, until: times.min())
        for (socket, events) in ready { curl_multi_socket_action(multi, socket, events, &running) }
        advance()
        expire()
        return isWoken
    }

    private func readMessages() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
                let transfer = CurlTransfer.of(handle)
            else { continue }
            let code = curl_message_result(message)
            // The message is gone with the handle.
            remove(transfer)
            transfer.finish(code)
        }
    }

    private func expire() {
        let now = ContinuousClock.now
        guard let next = nextDeadline, next <= now else { return }
        for transfer in active.values where transfer.deadline <= now {
            if now - transfer.deadline > Self.grace, transfer.extendDeadline(to: now + Self.grace) { continue }
            if let failure = transfer.expire(at: now) {
                end(transfer, failure)
            }
        }
        nextDeadline = active.values.lazy.map(\.deadline).min()
    }

    private func end(_ transfer: CurlTransfer, _ failure: HTTPFailure) {
        remove(transfer)
        transfer.finish(failure)
    }

    private func remove(_ transfer: CurlTransfer) {
        lastEnd = .now
        active[ObjectIdentifier(transfer)] = nil
        curl_multi_remove_handle(multi, transfer.handle)
    }
}
