import Synchronization

/// Counts the connections of a server, and the requests in progress.
public final class ConnectionCounts: Sendable {
    private let openConnections = Atomic(0)
    private let acceptedConnections = Atomic(0)
    private let refusedConnections = Atomic(0)
    private let loops = Mutex<[ConnectionLoop]>([])

    /// Creates counts of 0.
    public init() {}

    /// The number of open connections.
    public var open: Int { openConnections.load(ordering: .relaxed) }

    /// The number of connections that were accepted since the start.
    public var accepted: Int { acceptedConnections.load(ordering: .relaxed) }

    /// The number of connections that were closed at once since the start, because their client had too many.
    public var refused: Int { refusedConnections.load(ordering: .relaxed) }

    /// The number of requests in progress, without those that an event loop answers at once.
    public var requestsInProgress: Int {
        loops.withLock { loops in loops.reduce(0) { $0 + $1.running.load(ordering: .relaxed) } }
    }

    /// Counts the requests of event loops.
    func follow(_ loops: [ConnectionLoop]) { self.loops.withLock { $0 = loops } }

    func connectionOpened() {
        openConnections.add(1, ordering: .relaxed)
        acceptedConnections.add(1, ordering: .relaxed)
    }

    func connectionClosed() { openConnections.subtract(1, ordering: .relaxed) }

    func connectionRefused() { refusedConnections.add(1, ordering: .relaxed) }
}
