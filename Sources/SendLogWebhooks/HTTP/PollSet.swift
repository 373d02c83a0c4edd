import CCurl
import Foundation

/// The sockets that libcurl asks to watch.
struct PollSet {
    private var entries: [pollfd] = []
    private var positions: [Int32: Int] = [:]

    /// Starts or stops watching a socket: for `CURL_POLL_IN`, `CURL_POLL_OUT`, `CURL_POLL_INOUT` or `CURL_POLL_REMOVE`.
    mutating func watch(_ socket: Int32, for events: Int32) {
        var flags: Int32 = 0
        if events == CURL_POLL_IN || events == CURL_POLL_INOUT { flags |= Int32(POLLIN) }
        if events == CURL_POLL_OUT || events == CURL_POLL_INOUT { flags |= Int32(POLLOUT) }
        if let position = positions[socket] {
            guard events == CURL_POLL_REMOVE else {
                entries[position].events = Int16(flags)
                return
            }
            positions[socket] = nil
            let last = entries.removeLast()
            guard position < entries.count else { return }
            entries[position] = last
            positions[last.fd] = position
        } else if events != CURL_POLL_REMOVE {
            positions[socket] = entries.count
            entries.append(pollfd(fd: socket, events: Int16(flags), revents: 0))
        }
    }

    /// Waits until a socket is ready, a descriptor wakes the thread, or the time limit, if any, passes.
    ///
    /// - Returns: the ready sockets with libcurl's `CURL_CSELECT_…` flags, and whether the descriptor is ready.
    mutating func wait(
        or wakeUp: Int32,
        until limit: ContinuousClock.Instant?
    ) -> (ready: [(socket: Int32, events: Int32)], isWoken: Bool) {
        var timeout: Int32 = -1
        if let limit {
            let milliseconds = (limit - .now) / Duration.milliseconds(1)
            // Rounded up: otherwise the thread would spin for the last millisecond.
            timeout = Int32(min(max(milliseconds.rounded(.up), 0), 60_000))
        }
        entries.append(pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0))
        defer { entries.removeLast() }
        guard poll(&entries, nfds_t(entries.count), timeout) > 0 else { return ([], false) }
        let isWoken = entries[entries.count - 1].revents != 0
        let ready: [(socket: Int32, events: Int32)] = entries.dropLast().compactMap { entry in
            let flags = Int32(entry.revents)
            if flags == 0 { return nil }
            var events: Int32 = 0
            if flags & Int32(POLLIN | POLLHUP) != 0 { events |= CURL_CSELECT_IN }
            if flags & Int32(POLLOUT) != 0 { events |= CURL_CSELECT_OUT }
            if flags & Int32(POLLERR | POLLNVAL) != 0 { events |= CURL_CSELECT_ERR }
            return (entry.fd, events)
        }
        return (ready, isWoken)
    }
}
