import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Starts the threads of all pools, from a thread of the process's own priority.
///
/// On Linux a thread has at first the nice value of the thread that started it, and only a privileged process may lower
/// it again (<https://man7.org/linux/man-pages/man2/setpriority.2.html>). So a pool's thread that a background thread
/// started would keep the priority of background work.
final class ThreadStarter: Sendable {
    /// The starter of the process, which the first pool creates.
    static let shared = ThreadStarter()

    private struct Request {
        let name: String
        let body: @Sendable () -> Void
    }

    private let requests = Mutex<[Request]>([])
    private let signal = DispatchSemaphore(value: 0)

    private init() {
        Self.start(
            Request(name: "thread-starter") { [self] in
                while true {
                    signal.wait()
                    let next = requests.withLock { requests in
                        defer { requests = [] }
                        return requests
                    }
                    for request in next { Self.start(request) }
                }
            }
        )
    }

    /// Starts a thread that runs a closure.
    ///
    /// - Parameters:
    ///   - name: the name that tools of the operating system show, at most 15 bytes
    ///   - niceness: the nice value, from that of the process on
    ///   - body: runs on the thread
    func start(name: String, niceness: Int32, _ body: @escaping @Sendable () -> Void) {
        let request = Request(name: name) {
            #if canImport(Glibc)
            // On Linux each thread has its own nice value, and 0 means the calling thread.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
            #endif
            body()
        }
        requests.withLock { $0.append(request) }
        signal.signal()
    }

    private static func start(_ request: Request) {
        let started = DispatchSemaphore(value: 0)
        let thread = Thread {
            // Foundation cannot name a thread before `start()` has returned.
            started.wait()
            Thread.current.name = request.name
            request.body()
        }
        thread.stackSize = 1 << 20
        thread.start()
        started.signal()
    }
}
