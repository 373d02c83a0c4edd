/// Why a connection ended before the response was complete.
public enum ConnectionEnd: Sendable {
    /// The client closed or reset the connection.
    case clientDisconnected
    /// The client sent or read too slowly, and the server closed the connection.
    case clientTooSlow
    /// The time to shut down was over, and the server closed the connection.
    case shutdown
}
