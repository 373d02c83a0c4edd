import CLibPQ
import Dispatch
import Synchronization

/// A request to PostgreSQL to cancel the statement of a connection.
///
/// It needs a connection of its own, which libpq opens and waits for without a timeout. A separate queue sends the
/// requests, and a limited number of them at a time: those to a server that does not answer do not delay others.
// Unchecked Sendable: the only property is constant, and the handle has a copy of what it needs of the connection. libpq
// says that "the PGcancel object is read-only as far as PQcancel is concerned, so it can also be invoked from a thread
// that is separate from the one manipulating the PGconn object"
// (https://www.postgresql.org/docs/15/libpq-cancel.html). `deinit` runs once, after the queue has released it.
final class CancelRequest: @unchecked Sendable {
    private static let queue = DispatchQueue(label: "postgres-cancel", qos: .utility, attributes: .concurrent)
    private static let waiting = Atomic(0)
    private static let maxWaiting = 16

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
