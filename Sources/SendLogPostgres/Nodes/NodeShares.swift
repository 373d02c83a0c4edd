import SendLogCore

/// The shares of the nodes of a Citus cluster in the connections of a pool: each leaves one connection to the others.
struct NodeShares {
    /// The nodes; `nil` on plain PostgreSQL.
    private let nodes: ClusterNodes?
    private let maxPerNode: Int
    private var running: [NodeID: Int] = [:]

    init(nodes: ClusterNodes?, connections: Int) {
        (self.nodes, maxPerNode) = (nodes, max(1, connections - 1))
    }

    /// Returns whether the node of an organisation leaves a connection for it.
    func hasConnection(for organisation: OrganisationID) -> Bool {
        guard let nodes, let node = nodes.knownNode(of: organisation) else { return true }
        return running[node, default: 0] < maxPerNode
    }

    /// Counts a connection for the node of an organisation.
    ///
    /// - Returns: the node, for ``release(_:)``; `nil` if it is not known.
    mutating func acquire(for organisation: OrganisationID) -> NodeID? {
        guard let node = nodes?.knownNode(of: organisation) else { return nil }
        running[node, default: 0] += 1
        return node
    }

    mutating func release(_ node: NodeID?) {
        guard let node, let count = running[node] else { return }
        running[node] = count > 1 ? count - 1 : nil
    }
}
