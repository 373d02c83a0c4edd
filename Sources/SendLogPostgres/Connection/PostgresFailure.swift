import SendLogCore

/// A failure of PostgreSQL, or of the connection to it.
struct PostgresFailure: Error {
    /// The kind of a failure.
    enum Kind: Equatable {
        /// No connection could be opened.
        case unreachable
        /// The connection broke: the statement may have run.
        case connectionLost
        /// No result arrived in time: the statement may have run, or may still run.
        case timedOut
        /// PostgreSQL reported an error with this SQLSTATE.
        ///
        /// See <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
        case state(String)
    }

    let kind: Kind
    /// The text for the log, without numbers, keys, messages or passwords.
    let detail: String

    /// Creates a failure from an error that PostgreSQL reported.
    init(state: String, message: String) {
        kind = .state(state)
        if state == "42P05" {
            detail =
                "SQLSTATE \(state): the session is shared; configure the connection pooler to pool sessions, not transactions"
            return
        }
        // Messages of class 22 (data exception) quote the data.
        detail = state.hasPrefix("22") ? "SQLSTATE \(state)" : "SQLSTATE \(state): \(message)"
    }

    /// Creates a failure of the connection.
    init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    private var state: String { if case .state(let state) = kind { state } else { "" } }

    /// Whether an immediate retry on a new connection may succeed.
    var isTransient: Bool {
        switch kind {
        case .unreachable, .connectionLost: true
        case .timedOut: false
        case .state(let state):
            // The connection was cut off, or the server shuts down or starts up (08, 57P0x); the transaction lost a
            // conflict (40); the server is a standby since a failover (25006); a Citus node is down (XX000); a
            // prepared statement was lost inside a transaction.
            ["08", "40"].contains(state.prefix(2)) || ["57P01", "57P02", "57P03", "25006", "XX000"].contains(state)
                || needsReprepare
        }
    }

    /// Whether the statement may have run in spite of the failure.
    var isOutcomeUnknown: Bool {
        switch kind {
        case .connectionLost, .timedOut: true
        case .unreachable: false
        case .state(let state): ["08", "57", "XX"].contains(String(state.prefix(2))) || state == "40003"
        }
    }

    /// Whether the connection must be discarded, even if it looks intact.
    var invalidatesConnection: Bool {
        switch kind {
        case .unreachable, .connectionLost, .timedOut: true
        // A read-only connection (25006) leads to a former primary.
        case .state(let state): ["25006", "57P01", "57P02", "57P03"].contains(state) || state.hasPrefix("08")
        }
    }

    /// Whether PostgreSQL has cancelled a statement that took too long.
    var isStatementTimeout: Bool { state == "57014" }

    /// Whether a prepared statement must be prepared again.
    ///
    /// A connection pooler may have discarded it (26000), or the tables changed after it was prepared (0A000).
    var needsReprepare: Bool { state == "26000" || state == "0A000" }

    /// The failure as an error of the store's contract.
    var storeError: StoreError {
        switch kind {
        case .unreachable, .connectionLost, .timedOut: return .unavailable(.unreachable, detail: detail)
        case .state(let state):
            switch state {
            case "53100": return .unavailable(.full, detail: detail)
            case "55P03": return .unavailable(.locked, detail: detail)
            // A standby (25006), or a role without the necessary privileges (42501).
            case "25006", "42501": return .unavailable(.readOnly, detail: detail)
            // A statement timeout. Below: out of memory or connections (53), repeated transaction conflicts (40).
            case "57014": return .unavailable(.overloaded, detail: detail)
            case "XX001", "XX002": return .corrupted(detail: detail)
            case "42P05": return .unavailable(.unreachable, detail: detail)
            default: break
            }
            switch state.prefix(2) {
            case "53", "40": return .unavailable(.overloaded, detail: detail)
            case "08", "57", "28", "3D": return .unavailable(.unreachable, detail: detail)
            case "58", "XX", "25": return .unavailable(.inputOutput, detail: detail)
            default: return .corrupted(detail: detail)
            }
        }
    }
}

extension StoreError {
    /// Converts any error to one of the store's contract.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as StoreError: error
            case let error as PostgresFailure: error.storeError
            default: .corrupted(detail: "\(type(of: error))")
            }
    }
}
