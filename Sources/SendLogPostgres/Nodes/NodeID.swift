/// A node of a Citus cluster: the number of its group, which stays the same when a standby is promoted.
struct NodeID: Hashable {
    let group: Int64

    /// All nodes, for statements that read or write the rows of several organisations.
    static let all = NodeID(group: -1)
}
