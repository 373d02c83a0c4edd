import SendLogCore
import SendLogRecipients

/// Reads the rows of an organisation's recipient index.
enum RecipientRows {
    /// The columns that ``index(_:)`` reads.
    static let indexColumns = "h.sequence, h.deleted, coalesce(i.through, 0), s.id, s.level, s.first, s.last, s.pairs"
    /// The number of the columns.
    static let indexColumnCount = 8

    /// The tables of the columns: one row for each complete segment, or one row with the head alone.
    ///
    /// Each table is limited to the organisation by itself, so that Citus sends the statement to one node.
    static let indexTables = """
        organisation_heads h
        LEFT JOIN recipient_indexes i ON i.org_id = $1
        LEFT JOIN recipient_segments s ON s.org_id = $1 AND s.complete
        """

    /// Reads the state of an index.
    ///
    /// - Parameters:
    ///   - organisation: the organisation
    ///   - connection: the connection
    /// - Returns: the index.
    /// - Throws: ``PostgresFailure``; the errors of ``index(_:)``.
    static func index(of organisation: OrganisationID, on connection: Connection) throws -> RecipientIndex {
        try index(connection.rows(indexSQL, Parameters(organisation.number)))
    }

    static let indexSQL = "SELECT \(indexColumns) FROM \(indexTables) WHERE h.org_id = $1"

    /// Reads the state of an index from rows, which can repeat a segment.
    ///
    /// - Throws: ``StoreError/notFound`` if the organisation does not exist; ``StoreError/corrupted(detail:)``.
    static func index(_ rows: Rows) throws(StoreError) -> RecipientIndex {
        guard rows.count > 0 else { throw .notFound }
        var segments: [Int64: RecipientSegment] = [:]
        for row in 0..<rows.count {
            if let segment = try segment(rows, row) { segments[segment.id] = segment }
        }
        return RecipientIndex(
            segments: Array(segments.values),
            through: try StoredNumber.sequence(rows.integer(0, 2)),
            head: try LogHead(storedSequence: rows.integer(0, 0), deleted: rows.integer(0, 1))
        )
    }

    /// Reads the segment of a row; `nil` if the index has none.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    static func segment(_ rows: Rows, _ row: Int) throws(StoreError) -> RecipientSegment? {
        if rows.isNull(row, 3) { return nil }
        let (first, last) = (
            try StoredNumber.sequence(rows.integer(row, 5)), try StoredNumber.sequence(rows.integer(row, 6))
        )
        guard first <= last else { throw .corrupted(detail: "the range of a recipient segment is invalid") }
        return RecipientSegment(
            id: rows.integer(row, 3),
            level: Int(rows.integer(row, 4)),
            range: first...last,
            pairs: try rows.count(row, 7)
        )
    }

    /// The columns that ``bucket(_:_:from:)`` reads.
    static let bucketColumns = "first_group, ordinal, body"

    /// Reads a bucket, whose columns begin at an index.
    static func bucket(_ rows: Rows, _ row: Int, from column: Int = 0) -> RecipientBucket {
        RecipientBucket(
            firstGroup: UInt64(bitPattern: rows.integer(row, column)),
            ordinal: Int(rows.integer(row, column + 1)),
            body: rows.bytes(row, column + 2)
        )
    }

    /// Adds buckets to a segment; buckets that it has already are left out.
    ///
    /// The statement selects from the segment, because Citus runs it on the segment's node then.
    ///
    /// - Throws: ``PostgresFailure``.
    static func add(
        _ buckets: [RecipientBucket],
        to segment: Int64,
        of organisation: OrganisationID,
        on connection: Connection
    ) throws(PostgresFailure) {
        if buckets.isEmpty { return }
        var parameters = Parameters(organisation.number, segment)
        parameters.add(buckets.map { Int64(bitPattern: $0.firstGroup) }, buckets.map { Int32(clamping: $0.ordinal) })
        parameters.add(buckets.map { ByteString($0.body) })
        _ = try connection.rows(
            """
            INSERT INTO recipient_buckets (org_id, segment, \(bucketColumns))
            SELECT s.org_id, s.id, b.first_group, b.ordinal, b.body
            FROM recipient_segments s CROSS JOIN unnest($3, $4, $5) b (\(bucketColumns))
            WHERE s.org_id = $1 AND s.id = $2
            ON CONFLICT DO NOTHING
            """,
            parameters
        )
    }
}
