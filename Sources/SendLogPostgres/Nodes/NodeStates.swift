import SendLogCore

/// The nodes of a Citus cluster: where organisations are, which statements run where, and which nodes are unavailable.
///
/// A node becomes unavailable or available only by a probe. It uses no clock or I/O, and its owner guards it with a lock.
struct NodeStates {
    /// The number of a running statement.
    struct StatementID: Hashable {
        fileprivate let number: Int
    }

    private struct Statement {
        let node: NodeID
        let interruption: Interruption
    }

    /// A node that is being probed or was probed.
    private struct Probe {
        var isRunning: Bool
        /// When the last probe was answered.
        var answered: ContinuousClock.Instant?
    }

    /// The time for which the node of an organisation is not looked up again: the rebalancer may move it.
    private static let cacheDuration = Duration.seconds(30)
    /// The time after an answered probe for which slow statements cause no other one.
    private static let probeInterval = Duration.seconds(1)
    private static let maxOrganisations = 100_000

    private var organisations: [OrganisationID: (node: NodeID, since: ContinuousClock.Instant)] = [:]
    private var statements: [StatementID: Statement] = [:]
    private var lastResults: [NodeID: ContinuousClock.Instant] = [:]
    private var probes: [NodeID: Probe] = [:]
    private var unavailable: Set<NodeID> = []
    private var serial = 0

    // MARK: - Organisations

    /// Returns the node of an organisation; `nil` if it was not looked up lately.
    func node(of organisation: OrganisationID, at now: ContinuousClock.Instant) -> NodeID? {
        guard let (node, since) = organisations[organisation], now - since < Self.cacheDuration else { return nil }
        return node
    }

    /// Stores the node of an organisation.
    mutating func setNode(_ node: NodeID, of organisation: OrganisationID, at now: ContinuousClock.Instant) {
        if organisations.count >= Self.maxOrganisations { organisations = [:] }
        organisations[organisation] = (node, now)
    }

    /// Removes the node of an organisation, which may have moved.
    mutating func removeNode(of organisation: OrganisationID) {
        organisations[organisation] = nil
    }

    /// The nodes of the organisations that were looked up.
    var knownNodes: Set<NodeID> { Set(organisations.values.map(\.node)) }

    // MARK: - Statements

    /// Returns whether statements of a node are refused; all nodes are unavailable if one of them is.
    func isUnavailable(_ node: NodeID) -> Bool {
        node == .all ? !unavailable.isEmpty : unavailable.contains(node)
    }

    /// Adds a statement that runs on a node.
    ///
    /// - Returns: its number; `nil` if the node is unavailable.
    mutating func begin(on node: NodeID, _ interruption: Interruption) -> StatementID? {
        if isUnavailable(node) { return nil }
        serial += 1
        let id = StatementID(number: serial)
        statements[id] = Statement(node: node, interruption: interruption)
        return id
    }

    /// Removes a statement that has ended.
    ///
    /// - Parameters:
    ///   - id: its number
    ///   - hasResult: whether its node returned a result
    ///   - now: the present time
    mutating func end(_ id: StatementID, hasResult: Bool, at now: ContinuousClock.Instant) {
        guard let statement = statements.removeValue(forKey: id), hasResult else { return }
        lastResults[statement.node] = now
    }

    // MARK: - Probes

    /// Returns whether to probe a node now, and counts the probe as running.
    mutating func startProbe(of node: NodeID, at now: ContinuousClock.Instant) -> Bool {
        let probe = probes[node] ?? Probe(isRunning: false)
        if probe.isRunning { return false }
        if let answered = probe.answered, now - answered < Self.probeInterval { return false }
        probes[node] = Probe(isRunning: true, answered: probe.answered)
        return true
    }

    /// Returns whether a statement on the node had a result since a time.
    func hasResult(of node: NodeID, since time: ContinuousClock.Instant) -> Bool {
        (lastResults[node].map { $0 >= time }) ?? false
    }

    /// Ends the probes of a node, which is available.
    ///
    /// - Parameters:
    ///   - node: the node
    ///   - answered: when it answered; `nil` if nothing is known
    /// - Returns: whether the node was unavailable.
    mutating func endProbe(of node: NodeID, answered: ContinuousClock.Instant?) -> Bool {
        probes[node] = Probe(isRunning: false, answered: answered ?? probes[node]?.answered)
        return unavailable.remove(node) != nil
    }

    /// Marks a node as unavailable, while its probes continue.
    ///
    /// - Returns: the interruptions of the statements that wait for it; `nil` if it was unavailable before.
    mutating func setUnavailable(_ node: NodeID) -> [Interruption]? {
        guard unavailable.insert(node).inserted else { return nil }
        return statements.values.filter { $0.node == node || $0.node == .all }.map(\.interruption)
    }
}
