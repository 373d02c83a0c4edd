import Glibc

/// Why nothing more can be sent or received over a connection.
struct ConnectionFailure: Error, CustomStringConvertible {
    /// What happened to the connection.
    enum Kind {
        /// The server ended it in order.
        case closed
        /// The server reset it.
        case reset
        /// A call took longer than the timeout, or failed for another reason.
        case other
    }

    let kind: Kind
    let description: String

    /// Whether the server ended the connection, in order or by a reset.
    var isEnd: Bool { kind != .other }

    /// Names a system call that failed just now.
    static func system(_ call: String) -> ConnectionFailure {
        let code = errno
        return ConnectionFailure(
            kind: code == ECONNRESET || code == EPIPE ? .reset : .other,
            description: "\(call): \(String(cString: strerror(code)))"
        )
    }
}
