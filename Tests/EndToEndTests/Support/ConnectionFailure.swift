import Glibc

/// The reason why a connection can no longer send or receive.
struct ConnectionFailure: Error, CustomStringConvertible {
    /// What happened to the connection.
    enum Kind {
        /// The server closed it.
        case closed
        /// The server reset it.
        case reset
        /// A call took longer than the timeout, or failed for another reason.
        case other
    }

    let kind: Kind
    let description: String

    /// Whether the server closed or reset the connection.
    var isEnd: Bool { kind != .other }

    /// Describes the failure of the last system call, from `errno`.
    static func system(_ call: String) -> ConnectionFailure {
        let code = errno
        return ConnectionFailure(
            kind: code == ECONNRESET || code == EPIPE ? .reset : .other,
            description: "\(call): \(String(cString: strerror(code)))"
        )
    }
}
