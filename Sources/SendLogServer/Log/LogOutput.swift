import Foundation
import Logging
import SendLogCore
import Synchronization

/// Collects log lines in memory, and writes them to a file in a thread of its own, many lines at a time.
///
/// No caller waits for the file: if it is slow and the memory is full, lines are dropped and counted. A crash of the process
/// loses the lines of the last milliseconds.
final class LogOutput: Sendable {
    private struct State {
        /// The lines that are not written yet.
        var lines: [UInt8] = []
        /// The number of lines that were dropped since the start.
        var dropped = 0
        /// How many of these no line has reported yet.
        var unreported = 0
        /// Whether the thread looks for lines without being woken.
        var isAwake = false
        var isClosed = false
    }

    /// The minimum time from one write to the next.
    private static let pause: Duration = .milliseconds(5)
    /// The number of bytes that are allocated beyond the capacity.
    private static let reserve = 65_536

    private let fileDescriptor: Int32
    private let format: LogFormat
    /// The length in bytes from which on a buffer takes no more lines.
    private let capacity: Int
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - fileDescriptor: the open file; it is not closed
    ///   - format: the format of the lines
    ///   - capacity: the length in bytes of the lines that wait; as many may be in a write at the same time
    init(_ fileDescriptor: Int32, format: LogFormat, capacity: Int) {
        (self.fileDescriptor, self.format, self.capacity) = (fileDescriptor, format, capacity)
        // One line, and the report of dropped lines, can exceed the capacity.
        state.withLock { $0.lines.reserveCapacity(capacity + Self.reserve) }
        let thread = Thread { self.run() }
        thread.name = "log"
        thread.start()
    }

    /// The number of lines that were dropped since the start.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Appends a line, or drops it if the buffer is full.
    ///
    /// An eighth of the buffer is reserved for lines from the level `warning` on.
    ///
    /// - Parameters:
    ///   - level: the level of the line
    ///   - render: appends the line to the buffer; it is called in the calling thread, and must be short
    func append(_ level: Logger.Level, _ render: (inout [UInt8]) -> Void) {
        let wakes = state.withLock { state in
            guard state.lines.count < (level >= .warning ? capacity : capacity / 8 * 7), !state.isClosed else {
                state.dropped += 1
                state.unreported += 1
                return false
            }
            render(&state.lines)
            defer { state.isAwake = true }
            return !state.isAwake
        }
        if wakes { wake.signal() }
    }

    /// Writes what was appended, for at most two seconds, and ends the thread; later lines are dropped.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
        _ = ended.wait(timeout: .now() + 2)
    }

    /// Writes lines until the output is closed.
    private func run() {
        // A closed pipe makes a write fail, and must not end the process.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var chunk: [UInt8] = []
        chunk.reserveCapacity(capacity + Self.reserve)
        var isTorn = false
        while true {
            wake.wait()
            while let reported = takeLines(&chunk) {
                let start = ContinuousClock.now
                if isTorn { chunk.insert(UInt8(ascii: "\n"), at: 0) }
                let written = write(chunk)
                noteUnwritten(chunk[max(written, isTorn ? 1 : 0)...], reported: reported)
                isTorn = written == 0 ? isTorn : chunk[written - 1] != UInt8(ascii: "\n")
                let rest = Self.pause - (ContinuousClock.now - start)
                if rest > .zero, !isClosed { usleep(UInt32(rest / .microseconds(1))) }
            }
            if isClosed { break }
        }
        ended.signal()
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Takes the lines that wait, in exchange for an empty buffer.
    ///
    /// - Returns: the number of dropped lines that the last line reports, 0 if it is an ordinary line; `nil` if there are no
    ///   lines, and the thread must wait to be woken.
    private func takeLines(_ chunk: inout [UInt8]) -> Int? {
        chunk.removeAll(keepingCapacity: true)
        return state.withLock { state in
            guard !state.lines.isEmpty else {
                state.isAwake = false
                return nil
            }
            let reported = state.unreported
            if state.unreported > 0 {
                state.lines.appendLine(
                    .warning,
                    "log lines were dropped, because the log could not be written",
                    ["lines": .stringConvertible(state.unreported)],
                    format
                )
                state.unreported = 0
            }
            swap(&state.lines, &chunk)
            return reported
        }
    }

    /// Counts the lines that a failed write lost; a lost report is made again with the next lines.
    private func noteUnwritten(_ rest: ArraySlice<UInt8>, reported: Int) {
        guard !rest.isEmpty else { return }
        let lines = rest.count { $0 == UInt8(ascii: "\n") } - (reported > 0 ? 1 : 0)
        state.withLock { state in
            state.dropped += lines
            state.unreported += lines + reported
        }
    }

    /// Writes bytes to the file.
    ///
    /// - Returns: how many were written; fewer than there are if the file cannot be written.
    private func write(_ bytes: [UInt8]) -> Int {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(fileDescriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                done += count
            } else if count < 0, errno == EAGAIN {
                var descriptor = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, -1)
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        return done
    }
}
