import CCurl

/// The transfers of one thread: a handle of libcurl's multi interface with its sockets, timers and idle connections.
///
/// libcurl reports which sockets to watch and when to call it again (`curl_multi_socket_action`), so that the cost of a
/// round does not grow with the number of receivers that do not respond. Not `Sendable`: it is created and used on one
/// thread.
final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    private var sockets = PollSet()
    private let openSockets = OpenSockets()
    /// When libcurl must be called again; `nil` for no timer.
    private var timer: ContinuousClock.Instant?
    /// The number of running transfers, an unused output of each libcurl call.
    private var running: Int32 = 0
    private var active: [ObjectIdentifier: CurlTransfer] = [:]
    /// The earliest deadline of ``active``, or an earlier one of a transfer that has ended.
    private var nextDeadline: ContinuousClock.Instant?

    /// When the last transfer ended; `nil` if none has.
    private var lastEnd: ContinuousClock.Instant?

    /// How long idle connections stay open when there are no transfers.
    ///
    /// libcurl itself closes expired connections only when it opens another.
    private static let maxIdle = Duration.seconds(10)
    /// The maximum number of idle connections; the least recently used one is closed first.
    private static let maxIdleConnections = 256
    /// The extension of a deadline that a busy thread checks late.
    private static let grace = Duration.milliseconds(50)

    init() {
        // It fails only if there is no memory, and then the thread could not have started either.
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

    /// When to close the idle connections; `nil` while transfers run.
    var idleEnd: ContinuousClock.Instant? { active.isEmpty ? lastEnd.map { $0 + Self.maxIdle } : nil }

    /// Cancels all transfers and closes all connections.
    func close() {
        for transfer in active.values { end(transfer, .cancelled) }
        curl_multi_cleanup(multi)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlMulti {
        // Set in `init`; `close` ends the callbacks.
        Unmanaged<CurlMulti>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
    }

    /// Starts an exchange; calls the completion once, on this thread.
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

    /// Cancels an exchange.
    func cancel(_ id: Int) {
        if let transfer = active.values.first(where: { $0.id == id }) { end(transfer, .cancelled) }
    }

    /// Makes progress without waiting: sends what has just been started.
    func advance() {
        if let moment = timer, moment <= .now {
            timer = nil
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        }
        readMessages()
    }

    /// Waits for socket events or a wake-up, then processes them and ends expired transfers.
    ///
    /// - Parameters:
    ///   - wakeUp: the descriptor that wakes the thread
    ///   - limit: when to stop waiting; `nil` for no limit
    /// - Returns: whether the descriptor is readable.
    func run(wakingBy wakeUp: Int32, until limit: ContinuousClock.Instant?) -> Bool {
        let times = [limit, timer, nextDeadline].compactMap { $0 }
        // Processes socket events before deadlines: data that arrived in time counts, however busy the thread was.
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
            // Reads the code first: the message is invalid once the handle is removed.
            remove(transfer)
            transfer.finish(code)
        }
    }

    private func expire() {
        let now = ContinuousClock.now
        guard let next = nextDeadline, next <= now else { return }
        for transfer in active.values where transfer.deadline <= now {
            if now - transfer.deadline > Self.grace, transfer.extendDeadline(to: now + Self.grace) { continue }
            if let failure = transfer.expire(at: now) { end(transfer, failure) }
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
