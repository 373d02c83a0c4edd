import CLibPQ
import Dispatch
import Synchronization

/// A request to PostgreSQL to cancel the statement of a connection.
///
/// It needs a connection of its own, which libpq opens and waits for without a timeout. A separate queue sends the
/// requests one after the other, and a limited number of them wait.
// Unchecked Sendable: the handle is a copy of the connection's address and key, which only `send()` uses, once. libpq
// says that it "can be used from a different thread" than the connection
// (https://www.postgresql.org/docs/current/libpq-cancel.html).
final class CancelRequest: @unchecked Sendable {
    private static let queue = DispatchQueue(label: "postgres-cancel", qos: .utility)
    private static let waiting = Atomic(0)
    private static let maxWaiting = 32

    private let handle: OpaquePointer

    /// Creates a request for a connection; `nil` if the connection is closed.
    init?(of connection: OpaquePointer) {
        guard let handle = PQgetCancel(connection) else { return nil }
        self.handle = handle
    }

    deinit {
        PQfreeCancel(handle)
    }

    /// Sends the request on the queue, unless too many wait.
    func send() {
        guard Self.waiting.add(1, ordering: .relaxed).newValue <= Self.maxWaiting else {
            Self.waiting.subtract(1, ordering: .relaxed)
            return
        }
        Self.queue.async {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(self.handle, &message, Int32(message.count))
            Self.waiting.subtract(1, ordering: .relaxed)
        }
    }
}
