import CLibPQ

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A connection to PostgreSQL and its prepared statements.
///
/// Calls block, for at most ``statementTimeout``: a frozen server must not freeze its clients. After a timeout the
/// connection must be discarded, because the result may still arrive. Only one caller at a time may use a connection.
final class Connection {
    private let handle: OpaquePointer
    /// The names of the prepared statements by SQL text.
    private var prepared: [String: String] = [:]
    /// The time that a statement may take; `nil` for no limit.
    var statementTimeout: Duration? = .seconds(5)
    private var deadline = Deadline(after: nil)
    /// Is asked while a statement waits for the server; `nil` for a statement that only ``statementTimeout`` ends.
    var observer: StatementObserver?
    /// Whether the work is a retry after an attempt with an unknown outcome: the work may be done already.
    var isRetry = false
    /// When the connection was opened.
    let createdAt = ContinuousClock.now

    /// Connects, and configures the session with the given statements.
    ///
    /// - Throws: ``PostgresFailure``.
    init(_ location: PostgresLocation, session: String) throws(PostgresFailure) {
        guard let handle = location.connect() else { throw PostgresFailure(.unreachable, "out of memory") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else {
            throw PostgresFailure(
                .unreachable,
                location.connectionErrorMessage(String(cString: PQerrorMessage(handle)))
            )
        }
        // Discards notices: they belong in the server's log.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard PQsetnonblocking(handle, 1) == 0 else {
            throw PostgresFailure(.connectionLost, "the connection cannot be made non-blocking")
        }
        try run(session)
    }

    deinit {
        PQfinish(handle)
    }

    /// The version of the server, such as 150_018 for 15.18.
    var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// Whether the connection is open and outside a transaction.
    var isIdle: Bool { PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// Whether the connection is inside a transaction, failed or not.
    var isInTransaction: Bool {
        PQstatus(handle) == CONNECTION_OK
            && [PQTRANS_INTRANS, PQTRANS_INERROR].contains(PQtransactionStatus(handle))
    }

    /// Whether the session is read-only, as on a standby since a failover.
    var isReadOnly: Bool {
        let settings: [String] = ["in_hot_standby", "default_transaction_read_only"]
        return settings.contains { PQparameterStatus(handle, $0).map { String(cString: $0) } == "on" }
    }

    /// Cancels the statement that runs on the server, without waiting for it.
    ///
    /// A backend that waits for a Citus node does not notice that its client is gone.
    func cancel() {
        CancelRequest(of: handle)?.send()
    }

    /// Runs one or several statements without parameters or results.
    func run(_ sql: String) throws(PostgresFailure) {
        deadline = Deadline(after: statementTimeout)
        guard PQsendQuery(handle, sql) == 1 else { throw connectionLost() }
        _ = try awaitResult()
    }

    /// Runs a statement, and keeps it prepared.
    ///
    /// On Citus, a single statement that may wait for locks of rows runs in a transaction, so that the lock timeout
    /// applies on all nodes.
    ///
    /// - Returns: the rows of the result.
    /// - Throws: ``PostgresFailure``.
    func rows(_ sql: String, _ parameters: Parameters = Parameters()) throws(PostgresFailure) -> Rows {
        guard Self.locksRows(sql), !isInTransaction, try lockTimeoutForNodes() != nil else {
            return try rows(sql, parameters, isByRow: false) { _ in }
        }
        try begin("BEGIN")
        do {
            let result = try rows(sql, parameters, isByRow: false) { _ in }
            try commit()
            return result
        } catch {
            if isInTransaction { try? run("ROLLBACK") }
            throw error
        }
    }

    /// Whether a statement locks rows; selections that do so run in transactions.
    private static func locksRows(_ sql: String) -> Bool {
        sql.hasPrefix("INSERT") || sql.hasPrefix("UPDATE") || sql.hasPrefix("DELETE")
    }

    /// Runs a statement, keeps it prepared, and passes its rows to a closure one at a time, so that the result is never
    /// in memory as a whole.
    ///
    /// - Throws: ``PostgresFailure``; the first error of `take`, after which the other rows are discarded.
    func forEachRow(_ sql: String, _ parameters: Parameters, _ take: (Rows) throws -> Void) throws {
        var failure: (any Error)?
        _ = try rows(sql, parameters, isByRow: true) { row in
            if failure != nil { return }
            do { try take(row) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func rows(
        _ sql: String,
        _ parameters: Parameters,
        isByRow: Bool,
        _ take: (Rows) -> Void
    ) throws(PostgresFailure) -> Rows {
        deadline = Deadline(after: statementTimeout)
        do {
            return try rows(named: try name(of: sql, parameters), parameters, isByRow: isByRow, take)
        } catch {
            guard error.needsReprepare else { throw error }
            // Drops all names: a connection pooler may have discarded all prepared statements of the session.
            prepared = [:]
            if isInTransaction { throw error }
            return try rows(named: try name(of: sql, parameters), parameters, isByRow: isByRow, take)
        }
    }

    private func name(of sql: String, _ parameters: Parameters) throws(PostgresFailure) -> String {
        if let name = prepared[sql] { return name }
        // A name is never reused, not even when a discarded statement of the same text is prepared again.
        serial += 1
        let name = "s\(serial)"
        guard PQsendPrepare(handle, name, sql, Int32(parameters.types.count), parameters.types) == 1 else {
            throw connectionLost()
        }
        _ = try awaitResult()
        prepared[sql] = name
        return name
    }

    private var serial = 0

    private func rows(
        named name: String,
        _ parameters: Parameters,
        isByRow: Bool,
        _ take: (Rows) -> Void
    ) throws(PostgresFailure) -> Rows {
        let isSent = parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(handle, name, Int32(values.count), values, lengths, formats, 1)
        }
        guard isSent == 1, !isByRow || PQsetSingleRowMode(handle) == 1 else { throw connectionLost() }
        return try awaitResult(take)
    }

    /// Runs a closure in a transaction.
    ///
    /// - Parameters:
    ///   - beginning: the SQL statement that begins the transaction
    ///   - body: the work to do in the transaction
    /// - Returns: the result of `body`, after the commit.
    /// - Throws: ``PostgresFailure``, or the error of `body`. The transaction is then rolled back; if the connection
    ///   broke, its outcome is unknown.
    func transaction<Result>(_ beginning: String = "BEGIN", _ body: () throws -> Result) throws -> Result {
        try begin(beginning)
        do {
            let result = try body()
            try commit()
            return result
        } catch {
            if isInTransaction { try? run("ROLLBACK") }
            throw error
        }
    }

    private func begin(_ beginning: String) throws(PostgresFailure) {
        let timeout = try lockTimeoutForNodes()
        try run(timeout.map { "\(beginning); SET LOCAL lock_timeout = '\($0)'" } ?? beginning)
    }

    private func commit() throws(PostgresFailure) {
        // COMMIT of a failed transaction rolls back without an error; only the command tag differs.
        guard try rows("COMMIT").commandTag == "COMMIT" else {
            throw PostgresFailure(.connectionLost, "the server rejected a commit")
        }
    }

    /// Returns the lock timeout that transactions must set for other nodes, such as `5s`; `nil` on PostgreSQL alone.
    ///
    /// Citus passes settings of a transaction to the nodes that take part in it, but no settings of a session.
    private func lockTimeoutForNodes() throws(PostgresFailure) -> String? {
        if case .known(let timeout) = nodeLockTimeout { return timeout }
        let found = try rows(
            """
            SELECT current_setting('lock_timeout'), EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
            """
        )
        let timeout = found.boolean(0, 1) ? found.text(0, 0) : nil
        nodeLockTimeout = .known(timeout)
        return timeout
    }

    /// The lock timeout that transactions set for other nodes.
    private enum NodeLockTimeout {
        case notRead
        case known(String?)
    }

    private var nodeLockTimeout = NodeLockTimeout.notRead

    // MARK: - Waiting

    /// Waits for all results of a statement, and returns the last one; passes rows that come one at a time to a closure.
    private func awaitResult(_ take: (Rows) -> Void = { _ in }) throws(PostgresFailure) -> Rows {
        try flush()
        var (last, failure): (Rows?, PostgresFailure?)
        while true {
            try waitForInput()
            guard let result = PQgetResult(handle) else { break }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: last = Rows(result)
            case PGRES_SINGLE_TUPLE: take(Rows(result))
            default:
                failure = failure ?? Self.failure(result)
                PQclear(result)
            }
        }
        if let failure { throw PQstatus(handle) == CONNECTION_OK ? failure : connectionLost(failure) }
        guard let last else { throw connectionLost() }
        return last
    }

    private func flush() throws(PostgresFailure) {
        while true {
            let left = PQflush(handle)
            if left == 0 { return }
            guard left > 0 else { throw connectionLost() }
            let ready = try poll(Int16(POLLIN | POLLOUT))
            if ready & Int16(POLLIN) != 0, PQconsumeInput(handle) == 0 { throw connectionLost() }
        }
    }

    private func waitForInput() throws(PostgresFailure) {
        while PQisBusy(handle) == 1 {
            _ = try poll(Int16(POLLIN))
            if PQconsumeInput(handle) == 0 { throw connectionLost() }
        }
    }

    private func poll(_ events: Int16) throws(PostgresFailure) -> Int16 {
        var entry = pollfd(fd: PQsocket(handle), events: events, revents: 0)
        while true {
            let left = deadline.milliseconds
            let count = Self.systemPoll(&entry, observer == nil ? left : StatementObserver.slice(of: left))
            if count > 0 { return entry.revents }
            if count < 0 {
                if errno == EINTR { continue }
                throw PostgresFailure(.connectionLost, "the connection cannot be waited for")
            }
            if deadline.milliseconds == 0 { throw PostgresFailure(.timedOut, "no response within the timeout") }
            try observer?.wait()
        }
    }

    private static func systemPoll(_ entry: inout pollfd, _ milliseconds: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.poll(&entry, 1, milliseconds)
        #else
        Darwin.poll(&entry, 1, milliseconds)
        #endif
    }

    /// Returns the failure that a result holds.
    private static func failure(_ result: OpaquePointer) -> PostgresFailure {
        func field(_ code: Character) -> String {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) } ?? ""
        }
        let state = field("C")
        // An error without an SQLSTATE comes from libpq: the connection broke. After a fatal error, the server closes it.
        if state.isEmpty { return PostgresFailure(.connectionLost, "the connection broke") }
        let failure = PostgresFailure(state: state, message: field("M"))
        return ["FATAL", "PANIC"].contains(field("V")) ? PostgresFailure(.connectionLost, failure.detail) : failure
    }

    private func connectionLost(_ failure: PostgresFailure? = nil) -> PostgresFailure {
        PostgresFailure(.connectionLost, failure?.detail ?? "the connection broke")
    }
}
