import Dispatch
public import SendLogCore

extension PostgresStore: StoreMaintenance {
    /// See ``StoreMaintenance/check(progress:)``.
    ///
    /// The moment is not the same for all organisations.
    public func check(
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreError) -> [String] {
        try await maintain { connection in
            var check = DatabaseCheck(connection: connection)
            try check.run(progress: progress)
            return check.findings
        }
    }

    /// See ``StoreMaintenance/archive(after:in:most:)``.
    public func archive(
        after sequence: SequenceNumber,
        in organisation: OrganisationID,
        most: Int
    ) async throws(StoreError) -> [ArchivedSendLog] {
        let rows = try await lengthily(for: organisation) { connection in
            var parameters = Parameters()
            parameters.add(organisation.number)
            parameters.add(sequence.number)
            parameters.add(most)
            return try connection.rows(
                """
                SELECT seq, destinations, record, digest FROM send_logs
                WHERE org_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
                """,
                parameters
            )
        }
        return try (0..<rows.count).map { (row) throws(StoreError) in
            let log = StoredSendLog(
                sequence: SequenceNumber(rows.integer(row, 0)),
                record: rows.bytes(row, 2),
                destinations: try rows.count(row, 1)
            )
            return ArchivedSendLog(log: log, digest: rows.bytes(row, 3))
        }
    }

    /// Refuses, since PostgreSQL has better means than any program beside it.
    ///
    /// See ``StoreMaintenance/backUp(to:)``.
    public func backUp(to path: String) async throws(StoreRefusal) {
        throw StoreRefusal(
            """
            \(location) is backed up with PostgreSQL's own programs: pg_dump --format=custom --file=\(path) for a copy, \
            continuous archiving for every moment; docs/postgresql.md tells how. To copy it into a SQLite file: \
            sendlog database copy
            """
        )
    }

    /// Spreads the database over the nodes of its Citus cluster; repeating it changes nothing.
    ///
    /// - Parameters:
    ///   - shards: into how many pieces; fixed once it is done
    ///   - isDone: whether to do it, or only to say what would be done
    ///   - tell: told each step before it is done
    /// - Throws: ``StoreRefusal`` where it cannot be done, ``StoreError`` where the database fails.
    public func distribute(
        shards: Int,
        isDone: Bool,
        tell: @escaping @Sendable (String) -> Void
    ) async throws {
        let refusal = try await maintain { connection -> StoreRefusal? in
            do {
                try Distribution(connection: connection, location: self.location, shards: shards)
                    .run(isDone: isDone, tell: tell)
                return nil
            } catch let refusal as StoreRefusal {
                return refusal
            }
        }
        if let refusal { throw refusal }
    }

    /// Does what takes long on a connection of its own, whose plans are PostgreSQL's own choice.
    private func maintain<Result: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        let result: Swift.Result<Result, StoreError> = await withUnsafeContinuation { continuation in
            DispatchQueue.global().async { [location, options] in
                let result = Swift.Result {
                    let session = """
                        SET lock_timeout = '\(options.patience)s';
                        SET statement_timeout = 0;
                        SET idle_in_transaction_session_timeout = 0
                        """
                    let connection = try Connection(location, session: session)
                    connection.limit = nil
                    return try body(connection)
                }
                continuation.resume(returning: result.mapError { StoreError($0) })
            }
        }
        return try result.get()
    }
}
