import Foundation
import SendLogCore
import SendLogScheduling
import Synchronization

/// Finds out which nodes of a Citus cluster are unavailable, and keeps statements away from them.
///
/// A statement that waits 200 ms for its node, or that fails with an error of the node, causes a probe; see ``NodeProbe``.
/// If the node does not answer it while the server of the connection answers, the node is unavailable:
/// statements that wait for it are interrupted, and new ones are refused, until a later probe is answered.
final class ClusterNodes: Sendable {
    /// The time after which a statement that waits causes a probe.
    private static let slowAfter = Duration.milliseconds(200)
    /// The same for a statement on all nodes, which takes longer.
    private static let allSlowAfter = Duration.seconds(1)
    /// The time to wait for the first probe, unless the machine is slow.
    private static let firstTimeout = Duration.milliseconds(500)
    /// The time to wait for further probes.
    private static let longestTimeout = Duration.seconds(3)

    private struct State {
        var nodes = NodeStates()
        var isClosed = false
    }

    private let state = Mutex(State())
    private let location: PostgresLocation
    private let report: @Sendable (NodeChange) -> Void
    /// Is called after a node became unavailable.
    private let refuseWaiting = Mutex<[@Sendable () -> Void]>([])
    private let closing = NSCondition()

    init(_ location: PostgresLocation, report: @escaping @Sendable (NodeChange) -> Void) {
        (self.location, self.report) = (location, report)
    }

    /// Returns whether the tables are distributed over a cluster.
    ///
    /// - Throws: ``PostgresFailure``.
    static func areDistributed(_ connection: Connection) throws -> Bool {
        guard try connection.rows("SELECT to_regclass('pg_dist_partition') IS NOT NULL").boolean(0, 0) else {
            return false
        }
        let rows = try connection.rows(
            "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = to_regclass('organisation_heads')"
        )
        return rows.integer(0, 0) > 0
    }

    /// Adds a closure that refuses the work that waits for unavailable nodes.
    func whenUnavailable(_ refuse: @escaping @Sendable () -> Void) {
        refuseWaiting.withLock { $0.append(refuse) }
    }

    /// Returns the node of an organisation if it is known.
    func knownNode(of organisation: OrganisationID) -> NodeID? {
        if organisation == .allNodes { return .all }
        if organisation.number <= -2 { return NodeID(group: -2 - organisation.number) }
        return state.withLock { $0.nodes.node(of: organisation, at: .now) }
    }

    /// Returns whether the node of an organisation is known and unavailable.
    func isUnavailable(_ organisation: OrganisationID) -> Bool {
        guard organisation != .server, let node = knownNode(of: organisation) else { return false }
        return state.withLock { $0.nodes.isUnavailable(node) }
    }

    /// Runs a statement of an organisation on a connection, unless its node is unavailable.
    ///
    /// - Throws: ``PostgresFailure`` of the kind ``PostgresFailure/Kind/nodeUnavailable`` without running `body`, or
    ///   ``PostgresFailure/Kind/interrupted`` if the node became unavailable meanwhile; the error of `body`.
    func run<Result>(
        for organisation: OrganisationID,
        on connection: Connection,
        _ body: (Connection) throws -> Result
    ) throws -> Result {
        // The server's own rows are on every node.
        if organisation == .server { return try body(connection) }
        let node = try node(of: organisation, on: connection)
        let interruption = Interruption()
        guard let id = state.withLock({ $0.nodes.begin(on: node, interruption) }) else {
            throw Self.nodeUnavailable(organisation)
        }
        var hasResult = false
        defer { state.withLock { $0.nodes.end(id, hasResult: hasResult, at: .now) } }
        let begin = ContinuousClock.now
        var isSuspected = false
        connection.observer = StatementObserver { () throws(PostgresFailure) in
            if interruption.isRequested {
                throw PostgresFailure(.interrupted, "the database node of the organisation does not respond")
            }
            let slowAfter = node == .all ? Self.allSlowAfter : Self.slowAfter
            guard .now - begin >= slowAfter, node != .all || !isSuspected else { return }
            isSuspected = true
            self.suspect(node)
        }
        defer { connection.observer = nil }
        do {
            let result = try body(connection)
            hasResult = true
            return result
        } catch {
            let failure = error as? PostgresFailure
            hasResult = failure.map { !$0.isFromNode && !$0.invalidatesConnection } ?? true
            throw error
        }
    }

    /// Returns the failure of a statement whose node is unavailable.
    static func nodeUnavailable(_ organisation: OrganisationID) -> PostgresFailure {
        let which = organisation == .allNodes ? "a database node" : "the database node of the organisation"
        return PostgresFailure(.nodeUnavailable, "\(which) is unavailable")
    }

    /// Probes the node of an organisation after an error of the node, and looks up the node again for the next statement:
    /// the organisation may have moved.
    func recordFailure(of organisation: OrganisationID) {
        guard organisation != .server, let node = knownNode(of: organisation) else { return }
        suspect(node)
        state.withLock { $0.nodes.removeNode(of: organisation) }
    }

    /// Probes a node, or all that are known, because a statement was slow or failed.
    private func suspect(_ node: NodeID) {
        if node == .all {
            for node in state.withLock(\.nodes.knownNodes) { suspect(node) }
            return
        }
        guard state.withLock({ !$0.isClosed && $0.nodes.startProbe(of: node, at: .now) }) else { return }
        Thread.detachNewThread { [self] in
            Thread.current.name = "postgres-probe"
            probe(node)
        }
    }

    private func node(of organisation: OrganisationID, on connection: Connection) throws -> NodeID {
        if let node = knownNode(of: organisation) { return node }
        let node = try NodeProbe.node(of: organisation, on: connection)
        state.withLock { $0.nodes.setNode(node, of: organisation, at: .now) }
        return node
    }

    /// Probes a node until it answers.
    private func probe(_ node: NodeID) {
        let probe = NodeProbe(location: location, node: node)
        var (isUnavailable, name) = (false, "")
        while !state.withLock(\.isClosed) {
            let begin = ContinuousClock.now
            let shortest = isUnavailable ? Self.longestTimeout : Self.firstTimeout
            switch probe.run(atLeast: shortest, atMost: Self.longestTimeout) {
            case .answered:
                if state.withLock({ $0.nodes.endProbe(of: node, answered: .now) }) { report(.available(node: name)) }
                return
            case .unknown:
                if isUnavailable { break }
                _ = state.withLock { $0.nodes.endProbe(of: node, answered: nil) }
                return
            case .failed(let failedName, let detail, let hasWaited):
                if isUnavailable { break }
                // A slow machine, or a node that accepts no more connections, is not an unavailable node.
                let since = hasWaited ? begin : begin - Self.firstTimeout
                if state.withLock({ $0.nodes.hasResult(of: node, since: since) }) {
                    _ = state.withLock { $0.nodes.endProbe(of: node, answered: hasWaited ? .now : nil) }
                    return
                }
                (isUnavailable, name) = (true, failedName)
                for interruption in state.withLock({ $0.nodes.setUnavailable(node) }) ?? [] { interruption.request() }
                for refuse in refuseWaiting.withLock({ $0 }) { refuse() }
                report(.unavailable(node: name, detail: detail))
            }
            closing.lock()
            _ = closing.wait(until: Date(timeIntervalSinceNow: 0.25))
            closing.unlock()
        }
    }

    /// Ends the probes.
    func close() {
        state.withLock { $0.isClosed = true }
        closing.lock()
        closing.broadcast()
        closing.unlock()
    }
}

extension OrganisationID {
    /// Statements that read or write the rows of many organisations, on all nodes; they have a share like an organisation.
    static let allNodes = OrganisationID(-1)

    /// Returns the key of statements that read or write the rows of many organisations on one node.
    static func node(_ node: NodeID) -> OrganisationID { OrganisationID(-2 - node.group) }
}
