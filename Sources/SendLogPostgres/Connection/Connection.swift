import CLibPQ

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A connection to PostgreSQL and the statements that it keeps prepared.
///
/// Calls block, but no longer than the limit says: a server that is frozen must not freeze its clients. A connection that was too slow is
/// of no more use, since the answer may still come. One caller at a time may use it.
final class Connection {
    private let handle: OpaquePointer
    /// Names of prepared statements by their text.
    private var prepared: [String: String] = [:]
    /// How long a statement may take; `nil` for as long as it likes.
    var limit: Duration? = .seconds(5)
    private var deadline = Deadline(after: nil)
    /// Whether another connection may have done already what this one is asked to do, and broke before it could tell.
    var isRepeating = false
    /// When it was made.
    let madeAt = ContinuousClock.now

    /// Connects, and makes the session as the store needs it.
    ///
    /// - Throws: ``PostgresFailure``.
    init(_ location: PostgresLocation, session: String) throws(PostgresFailure) {
        guard let handle = location.connect() else { throw PostgresFailure(.unreachable, "out of memory") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else {
            throw PostgresFailure(.unreachable, location.explain(String(cString: PQerrorMessage(handle))))
        }
        // What PostgreSQL notes is for its own log.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard PQsetnonblocking(handle, 1) == 0 else { throw PostgresFailure(.lost, "cannot be made non-blocking") }
        try run(session)
    }

    deinit {
        PQfinish(handle)
    }

    /// The server's version, such as 150_018 for 15.18.
    var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// Whether it can be used for something new as it is.
    var isIdle: Bool { PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// Whether it is within a transaction, failed or not.
    var isInTransaction: Bool {
        PQstatus(handle) == CONNECTION_OK
            && [PQTRANS_INTRANS, PQTRANS_INERROR].contains(PQtransactionStatus(handle))
    }

    /// Runs one statement or several, without parameters and results.
    func run(_ sql: String) throws(PostgresFailure) {
        deadline = Deadline(after: limit)
        guard PQsendQuery(handle, sql) == 1 else { throw lost() }
        _ = try answer()
    }

    /// Runs a statement that is kept prepared.
    ///
    /// - Returns: its rows.
    /// - Throws: ``PostgresFailure``.
    func rows(_ sql: String, _ parameters: Parameters = Parameters()) throws(PostgresFailure) -> Rows {
        deadline = Deadline(after: limit)
        do {
            return try rows(named: try name(of: sql, parameters), parameters)
        } catch {
            guard error.forgotStatement else { throw error }
            // All of them, where a pooler was told to forget.
            prepared = [:]
            if isInTransaction { throw error }
            return try rows(named: try name(of: sql, parameters), parameters)
        }
    }

    private func name(of sql: String, _ parameters: Parameters) throws(PostgresFailure) -> String {
        if let name = prepared[sql] { return name }
        // Never used twice, also where an older one of the same text was forgotten.
        serial += 1
        let name = "s\(serial)"
        guard PQsendPrepare(handle, name, sql, Int32(parameters.types.count), parameters.types) == 1 else {
            throw lost()
        }
        _ = try answer()
        prepared[sql] = name
        return name
    }

    private var serial = 0

    private func rows(named name: String, _ parameters: Parameters) throws(PostgresFailure) -> Rows {
        let isSent = parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(handle, name, Int32(values.count), values, lengths, formats, 1)
        }
        guard isSent == 1 else { throw lost() }
        return try answer()
    }

    /// Runs the body within a transaction.
    ///
    /// - Parameters:
    ///   - beginning: the statement that begins it
    ///   - body: what is to be done in it
    /// - Returns: what the body returns, once it is committed.
    /// - Throws: ``PostgresFailure``, or what the body throws; then nothing was changed, or, where the connection broke, nobody knows.
    func transaction<Result>(_ beginning: String = "BEGIN", _ body: () throws -> Result) throws -> Result {
        try run(beginning)
        do {
            let result = try body()
            // A transaction that failed is rolled back without an error.
            guard try rows("COMMIT").tag == "COMMIT" else { throw PostgresFailure(.lost, "a commit was refused") }
            return result
        } catch {
            if isInTransaction { try? run("ROLLBACK") }
            throw error
        }
    }

    // MARK: - Waiting

    /// Waits for all that a statement answers, and takes the last of it.
    private func answer() throws(PostgresFailure) -> Rows {
        try flush()
        var (last, failure): (Rows?, PostgresFailure?)
        while true {
            try waitForInput()
            guard let result = PQgetResult(handle) else { break }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: last = Rows(result)
            default:
                failure = failure ?? Self.failure(result)
                PQclear(result)
            }
        }
        if let failure { throw PQstatus(handle) == CONNECTION_OK ? failure : lost(failure) }
        guard let last else { throw lost() }
        return last
    }

    private func flush() throws(PostgresFailure) {
        while true {
            let left = PQflush(handle)
            if left == 0 { return }
            guard left > 0 else { throw lost() }
            let ready = try poll(Int16(POLLIN | POLLOUT))
            if ready & Int16(POLLIN) != 0, PQconsumeInput(handle) == 0 { throw lost() }
        }
    }

    private func waitForInput() throws(PostgresFailure) {
        while PQisBusy(handle) == 1 {
            _ = try poll(Int16(POLLIN))
            if PQconsumeInput(handle) == 0 { throw lost() }
        }
    }

    private func poll(_ events: Int16) throws(PostgresFailure) -> Int16 {
        var entry = pollfd(fd: PQsocket(handle), events: events, revents: 0)
        while true {
            let count = Self.systemPoll(&entry, deadline.milliseconds)
            if count > 0 { return entry.revents }
            if count < 0, errno == EINTR { continue }
            throw count == 0
                ? PostgresFailure(.tooSlow, "no answer came in time")
                : PostgresFailure(.lost, "the connection cannot be waited for")
        }
    }

    private static func systemPoll(_ entry: inout pollfd, _ milliseconds: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.poll(&entry, 1, milliseconds)
        #else
        Darwin.poll(&entry, 1, milliseconds)
        #endif
    }

    /// The failure that a result holds.
    private static func failure(_ result: OpaquePointer) -> PostgresFailure {
        func field(_ code: Character) -> String {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) } ?? ""
        }
        let state = field("C")
        // Without a state it is libpq's own, for a connection that broke.
        return state.isEmpty
            ? PostgresFailure(.lost, "the connection broke") : PostgresFailure(state: state, message: field("M"))
    }

    private func lost(_ failure: PostgresFailure? = nil) -> PostgresFailure {
        PostgresFailure(.lost, failure?.detail ?? "the connection broke")
    }
}
