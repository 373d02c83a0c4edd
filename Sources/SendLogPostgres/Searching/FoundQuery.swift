import SendLogCore

/// Reads the logs of a search that is limited to sequence numbers, which are passed as one array.
///
/// The first statement finds the sequence numbers of the page. So the blocks of a long page read only their own rows.
struct FoundQuery {
    let organisation: OrganisationID
    let search: SendLogSearch

    /// The logs that the search finds.
    struct Keys {
        /// The end of the organisation's order of recording.
        let head: LogHead
        /// The number of logs.
        let total: Int
        /// The sequence numbers of the page, in the order of the search.
        let sequences: [Int64]
    }

    /// Counts the logs, and finds those of the page.
    ///
    /// - Parameters:
    ///   - found: the sequence numbers to which the search is limited
    ///   - connection: the connection
    /// - Returns: the total and the page.
    /// - Throws: ``PostgresFailure``; ``StoreError/notFound`` if the organisation does not exist.
    func keys(of found: [Int64], on connection: Connection) throws -> Keys {
        let (from, to) = (search.from ?? .earliest, search.to ?? .latest)
        var parameters = Parameters(organisation.number, found, search.asOf?.number ?? .max)
        parameters.add(from.milliseconds, to.milliseconds)
        parameters.add(search.campaigns == nil, search.campaigns?.map(\.text) ?? [])
        parameters.add(search.limit, search.skip)
        let rows = try connection.rows(Self.keysSQL(search.order), parameters)
        guard rows.count > 0 else { throw StoreError.notFound }
        // Without logs, the only row has none.
        let count = rows.isNull(0, 3) ? 0 : rows.count
        return Keys(
            head: try LogHead(storedSequence: rows.integer(0, 0), deleted: rows.integer(0, 1)),
            total: try rows.count(0, 2),
            sequences: (0..<count).map { rows.integer($0, 3) }
        )
    }

    /// Finds each log by its sequence number.
    ///
    /// `start + 0` and the `OR` keep the planner from other indexes, where millions of logs may match. The `OR` also
    /// makes it put the campaigns into a hash table.
    static func keysSQL(_ order: SortOrder) -> String {
        func ordered(_ table: String) -> String {
            "ORDER BY \(table).start \(direction(order)), \(table).seq \(direction(order))"
        }
        return """
            WITH found AS MATERIALIZED (
                SELECT seq, start FROM send_logs WHERE org_id = $1 AND seq = ANY($2) AND seq + 0 <= $3
                    AND start + 0 BETWEEN $4 AND $5 AND ($6 OR campaign IN (SELECT unnest($7::text[])))
            )
            SELECT h.sequence, h.deleted, (SELECT count(*) FROM found), k.seq FROM organisation_heads h
            LEFT JOIN LATERAL (SELECT seq, start FROM found f \(ordered("f")) LIMIT $8 OFFSET $9) k ON true
            WHERE h.org_id = $1 \(ordered("k"))
            """
    }

    /// Fetches logs with the columns of ``RowQuery``, in the order of the search; deleted ones are left out.
    ///
    /// - Throws: ``PostgresFailure``.
    func rows(of sequences: some Sequence<Int64>, on connection: Connection) throws -> Rows {
        try connection.rows(Self.rowsSQL(search.order), Parameters(organisation.number, Array(sequences)))
    }

    /// Finds each log by its sequence number; `start + 0` keeps the planner from the index that has this order.
    static func rowsSQL(_ order: SortOrder) -> String {
        """
        SELECT \(RowQuery.columns) FROM send_logs WHERE org_id = $1 AND seq = ANY($2)
        ORDER BY start + 0 \(direction(order)), seq \(direction(order))
        """
    }

    private static func direction(_ order: SortOrder) -> String { order == .oldestFirst ? "ASC" : "DESC" }
}
