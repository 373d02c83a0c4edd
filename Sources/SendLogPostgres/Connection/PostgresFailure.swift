import SendLogCore

/// Why PostgreSQL, or the way to it, failed.
struct PostgresFailure: Error {
    /// What went wrong.
    enum Kind: Equatable {
        /// No connection could be made.
        case unreachable
        /// The connection broke: what was asked may have happened.
        case lost
        /// No answer came in time: what was asked may have happened, or happen yet.
        case tooSlow
        /// PostgreSQL said no, with this SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
        case state(String)
        /// What came back makes no sense.
        case nonsense
    }

    let kind: Kind
    /// For the log: holds no numbers, keys, messages or passwords.
    let detail: String

    /// A failure that PostgreSQL told.
    init(state: String, message: String) {
        kind = .state(state)
        if state == "42P05" {
            detail = "SQLSTATE \(state): the session is shared; a pooler between must pool sessions, not transactions"
            return
        }
        // Messages about data repeat it.
        detail = state.hasPrefix("22") ? "SQLSTATE \(state)" : "SQLSTATE \(state): \(message)"
    }

    /// A failure of the connection.
    init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    private var state: String { if case .state(let state) = kind { state } else { "" } }

    /// Whether the same thing, asked again at once on a new connection, may go well.
    var isPassing: Bool {
        switch kind {
        case .unreachable, .lost: true
        case .tooSlow, .nonsense: false
        case .state(let state):
            // Cut off, shut down or starting up; a standby since a failover; overtaken by another; a statement that was forgotten in the
            // midst of a transaction; on Citus, a node that is away.
            ["08", "40"].contains(state.prefix(2)) || ["57P01", "57P02", "57P03", "25006", "XX000"].contains(state)
                || forgotStatement
        }
    }

    /// Whether what was asked may have happened all the same.
    var leavesDoubt: Bool {
        switch kind {
        case .lost, .tooSlow: true
        case .unreachable, .nonsense: false
        case .state(let state): ["08", "57", "XX"].contains(String(state.prefix(2))) || state == "40003"
        }
    }

    /// Whether the connection is of no more use, whatever it looks like.
    var spoilsConnection: Bool {
        switch kind {
        case .unreachable, .lost, .tooSlow, .nonsense: true
        // One that may only be read leads to what was the primary.
        case .state(let state): ["25006", "57P01", "57P02", "57P03"].contains(state) || state.hasPrefix("08")
        }
    }

    /// Whether a statement was forgotten, as a pooler between may do, or was made for tables that are not so any more.
    var forgotStatement: Bool { state == "26000" || state == "0A000" }

    /// The same in the words of the store's contract.
    var storeError: StoreError {
        switch kind {
        case .unreachable, .lost, .tooSlow: return .unavailable(.unreachable, detail: detail)
        case .nonsense: return .damaged(detail: detail)
        case .state(let state):
            switch state {
            case "53100": return .unavailable(.full, detail: detail)
            case "55P03": return .unavailable(.locked, detail: detail)
            // A standby, or a role that lacks rights.
            case "25006", "42501": return .unavailable(.readOnly, detail: detail)
            // Too slow, out of memory, out of connections, overtaken again and again.
            case "57014": return .unavailable(.overloaded, detail: detail)
            case "XX001", "XX002": return .damaged(detail: detail)
            case "42P05": return .unavailable(.unreachable, detail: detail)
            default: break
            }
            switch state.prefix(2) {
            case "53", "40": return .unavailable(.overloaded, detail: detail)
            case "08", "57", "28", "3D": return .unavailable(.unreachable, detail: detail)
            case "58", "XX", "25": return .unavailable(.inputOutput, detail: detail)
            default: return .damaged(detail: detail)
            }
        }
    }
}

extension StoreError {
    /// Any failure in the words of the store's contract.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as StoreError: error
            case let error as PostgresFailure: error.storeError
            default: .damaged(detail: "\(type(of: error))")
            }
    }
}
