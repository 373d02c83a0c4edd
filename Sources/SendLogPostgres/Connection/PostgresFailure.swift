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
        /// The Citus node does not answer, as a probe found, while the statement waited for it: the statement may have run.
        case interrupted
        /// The Citus node of the organisation is down: the statement did not run.
        case nodeUnavailable
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

    /// The SQLSTATE; empty if the failure has none.
    var state: String { if case .state(let state) = kind { state } else { "" } }

    /// What a retry needs in order to succeed.
    enum Retry: Equatable {
        /// A new connection: this one broke, or leads to a standby since a failover.
        case newConnection
        /// The same connection: the transaction lost a conflict, or a prepared statement was lost inside it.
        case sameConnection
        /// Another try of the same connection's server: it reported an error of a Citus node.
        ///
        /// The server may have used a connection to the node that was broken. If it fails again, the node is down.
        case node
    }

    /// What a retry needs; `nil` if it cannot succeed.
    var retry: Retry? {
        switch kind {
        case .unreachable, .connectionLost: .newConnection
        case .timedOut, .interrupted, .nodeUnavailable: nil
        case .state(let state):
            if state == "25006" {
                .newConnection
            } else if state.hasPrefix("40") || needsReprepare {
                .sameConnection
            } else {
                isFromNode ? .node : nil
            }
        }
    }

    /// Whether the server reported an error that Citus reports for a node that is down: a broken connection (08), a
    /// shutdown or start (57P0x), or no details (XX000).
    ///
    /// If the own connection breaks, the kind is ``Kind/connectionLost``, with any SQLSTATE.
    var isFromNode: Bool {
        state.hasPrefix("08") || ["57P01", "57P02", "57P03", "XX000"].contains(state)
    }

    /// Whether the statement may have run in spite of the failure.
    var isOutcomeUnknown: Bool {
        switch kind {
        case .connectionLost, .timedOut, .interrupted: true
        case .unreachable, .nodeUnavailable: false
        case .state(let state): ["08", "57", "XX"].contains(String(state.prefix(2))) || state == "40003"
        }
    }

    /// Whether the connection must be discarded: it is broken, or the result may still arrive.
    ///
    /// SQLSTATEs do not say so: a Citus node's broken connection (08006) is reported over an intact one.
    var invalidatesConnection: Bool {
        switch kind {
        case .unreachable, .connectionLost, .timedOut, .interrupted: true
        case .state, .nodeUnavailable: false
        }
    }

    /// Whether PostgreSQL has cancelled a statement that took too long.
    var isStatementTimeout: Bool { state == "57014" }

    /// Whether another session held a lock for too long.
    var isLockTimeout: Bool { state == "55P03" }

    /// Whether the statement waited in vain: no result arrived, PostgreSQL cancelled it, or it could not get a lock.
    var isTimeout: Bool { kind == .timedOut || isStatementTimeout || isLockTimeout }

    /// Whether a prepared statement must be prepared again.
    ///
    /// A connection pooler may have discarded it (26000), or the tables changed after it was prepared (0A000).
    var needsReprepare: Bool { state == "26000" || state == "0A000" }

    /// The failure as an error of the store's contract.
    var storeError: StoreError {
        switch kind {
        case .unreachable, .connectionLost, .timedOut, .interrupted, .nodeUnavailable:
            return .unavailable(.unreachable, detail: detail)
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
