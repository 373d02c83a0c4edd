import Dispatch
public import SendLogCore

/// Checks and distributes the database for operators, and reads send logs in order for copies.
extension PostgresStore: Maintenance {
    /// See ``Maintenance/check(progress:)``.
    ///
    /// Each organisation is checked in its own snapshot.
    public func check(
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreError) -> [String] {
        try await maintain { connection in
            var check = DatabaseCheck(connection: connection)
            try check.run(progress: progress)
            return check.findings
        }
    }

    /// See ``LogReader/sendLogs(after:in:limit:)``.
    public func sendLogs(
        after sequence: SequenceNumber,
        in organisation: OrganisationID,
        limit: Int
    ) async throws(StoreError) -> SendLogBatch {
        let rows = try await performLong(for: organisation) { connection in
            let parameters = Parameters(organisation.number, sequence.number, limit)
            return try connection.rows(Self.sendLogsSQL, parameters)
        }
        guard rows.count > 0 else { throw .notFound }
        // Without logs there is one row, with the head alone.
        let found = (0..<rows.count).filter { !rows.isNull($0, 1) }
        let logs = try found.map { (row) throws(StoreError) in
            StoredSendLog(
                sequence: SequenceNumber(rows.integer(row, 1)),
                record: rows.bytes(row, 3),
                destinations: try rows.count(row, 2),
                digest: rows.bytes(row, 4)
            )
        }
        return SendLogBatch(logs, limit: limit, head: try StoredNumber.sequence(rows.integer(0, 0)))
    }

    /// Reads the logs after a sequence number, and the head in the same snapshot.
    static let sendLogsSQL = """
        SELECT h.sequence, l.seq, l.destinations, l.record, l.digest FROM organisation_heads h
        LEFT JOIN LATERAL (
            SELECT seq, destinations, record, digest FROM send_logs
            WHERE org_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
        ) l ON true
        WHERE h.org_id = $1 ORDER BY l.seq
        """

    /// See ``Maintenance/raiseHead(to:in:)``.
    public func raiseHead(to sequence: SequenceNumber, in organisation: OrganisationID) async throws(StoreError) {
        try await performShort(for: organisation) { connection in
            let parameters = Parameters(organisation.number, sequence.number)
            _ = try connection.rows(
                """
                UPDATE organisation_heads SET deleted = deleted + ($2 - sequence), sequence = $2
                WHERE org_id = $1 AND sequence < $2
                """,
                parameters
            )
        }
    }

    /// Always throws: use PostgreSQL's own tools, such as pg_dump.
    ///
    /// See ``Maintenance/backUp(to:)``.
    public func backUp(to path: String) async throws(StoreSetupError) {
        throw StoreSetupError(
            """
            \(location) is a PostgreSQL database; back it up with pg_dump --format=custom --file=\(path), or with continuous \
            archiving; see docs/postgresql.md. To copy it into a SQLite file, run sendlog database copy
            """
        )
    }

    /// Distributes the database over the nodes of its Citus cluster; a repetition changes nothing.
    ///
    /// - Parameters:
    ///   - shards: the number of shards, which cannot change later
    ///   - apply: whether to run the steps; `false` is a dry run
    ///   - report: is called with the description of each step before the step runs
    /// - Throws: ``StoreSetupError`` if the database cannot be distributed; ``StoreError`` if the database fails.
    public func distribute(shards: Int, apply: Bool, report: @escaping @Sendable (String) -> Void) async throws {
        let refusal = try await maintain { connection -> StoreSetupError? in
            do {
                try Distribution(connection: connection, location: self.location, shards: shards)
                    .run(apply: apply, report: report)
                return nil
            } catch let refusal as StoreSetupError {
                return refusal
            }
        }
        if let refusal { throw refusal }
    }

    /// Runs long work on a separate connection, with PostgreSQL's default planner settings and no statement timeout.
    private func maintain<Result: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        let result: Swift.Result<Result, StoreError> = await withUnsafeContinuation { continuation in
            DispatchQueue.global().async { [location, options] in
                let result = Swift.Result {
                    let session = """
                        SET lock_timeout = '\(options.waitTimeout)s';
                        SET statement_timeout = 0;
                        SET idle_in_transaction_session_timeout = 0
                        """
                    let connection = try Connection(location, session: session)
                    connection.statementTimeout = nil
                    return try body(connection)
                }
                continuation.resume(returning: result.mapError { StoreError($0) })
            }
        }
        return try result.get()
    }
}
