/// A change of a node of a Citus cluster, for the log.
public enum NodeChange: Equatable, Sendable {
    /// The node does not answer, or refuses connections: requests of its organisations fail at once.
    case unavailable(node: String, detail: String)
    /// The node answers again.
    case available(node: String)
}
