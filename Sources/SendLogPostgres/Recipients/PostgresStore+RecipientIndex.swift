import SendLogContent
public import SendLogCore
public import SendLogRecipients

/// Reads recipient indexes, and the lists that they are made from.
extension PostgresStore: RecipientIndexStore {
    /// See ``RecipientIndexStore/recipientIndex(in:)``.
    public func recipientIndex(in organisation: OrganisationID) async throws(StoreError) -> RecipientIndex {
        try await performShort(for: organisation) { try RecipientRows.index(of: organisation, on: $0) }
    }

    /// Reads the chunks of the logs that are visible: their sequence numbers become so in ascending order.
    ///
    /// See ``RecipientIndexStore/recordedChunks(from:limit:in:_:)``.
    public func recordedChunks(
        from position: ChunkPosition,
        limit: Int,
        in organisation: OrganisationID,
        _ take: (SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
    ) async throws(StoreError) -> ChunkPosition? {
        let rows = try await performLong(for: organisation) { connection in
            try Self.recordedChunks(from: position, limit: limit, in: organisation, on: connection)
        }
        return try Self.read(rows, limit: limit, take)
    }

    static func recordedChunks(
        from position: ChunkPosition,
        limit: Int,
        in organisation: OrganisationID,
        on connection: Connection
    ) throws(PostgresFailure) -> Rows {
        var parameters = Parameters(organisation.number, position.sequence.number)
        parameters.add(Int32(clamping: position.chunk), limit + 1, ChunkPosition.maxDestinations)
        return try connection.rows(recordedChunksSQL, parameters)
    }

    /// Passes the chunks of rows to a closure.
    ///
    /// - Returns: the next chunk; `nil` if there is none.
    static func read(
        _ rows: Rows,
        limit: Int,
        _ take: (SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
    ) throws(StoreError) -> ChunkPosition? {
        var destinations = 0
        for row in 0..<rows.count {
            if row == limit || destinations >= ChunkPosition.maxDestinations {
                return ChunkPosition(try StoredNumber.sequence(rows.integer(row, 0)), chunk: try rows.count(row, 1))
            }
            let chunk = try BorrowedChunk(rows, row, from: 2)
            try take(try StoredNumber.sequence(rows.integer(row, 0)), chunk)
            // Stored counts can be damaged.
            (destinations, _) = destinations.addingReportingOverflow(chunk.count)
        }
        return nil
    }

    /// Reads one chunk more than are wanted: where the next call begins.
    static let recordedChunksSQL = """
        SELECT seq, number, count, length, crc, body FROM (
            SELECT *, sum(count) OVER (
                ORDER BY seq, number ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING
            ) AS earlier
            FROM (
                SELECT * FROM destination_chunks
                WHERE org_id = $1 AND (seq, number) >= ($2, $3) ORDER BY seq, number LIMIT $4
            ) chunks
        ) counted WHERE coalesce(earlier, 0) < $5 ORDER BY seq, number
        """

    /// See ``RecipientIndexStore/recipientBuckets(of:after:limit:in:)``.
    public func recipientBuckets(
        of segment: Int64,
        after: RecipientBucket.Position?,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecipientBucket] {
        try await performShort(for: organisation) { connection in
            try Self.recipientBuckets(of: segment, after: after, limit: limit, in: organisation, on: connection)
        }
    }

    static func recipientBuckets(
        of segment: Int64,
        after: RecipientBucket.Position?,
        limit: Int,
        in organisation: OrganisationID,
        on connection: Connection
    ) throws(PostgresFailure) -> [RecipientBucket] {
        var parameters = Parameters(organisation.number, segment)
        parameters.add(after.map { Int64(bitPattern: $0.firstGroup) } ?? .min)
        parameters.add(Int32(clamping: after?.ordinal ?? 0), limit)
        let rows = try connection.rows(bucketsSQL, parameters)
        return (0..<rows.count).map { RecipientRows.bucket(rows, $0) }
    }

    static let bucketsSQL = """
        SELECT \(RecipientRows.bucketColumns) FROM recipient_buckets
        WHERE org_id = $1 AND segment = $2 AND (first_group, ordinal) > ($3, $4)
        ORDER BY first_group, ordinal LIMIT $5
        """

    /// See ``RecipientIndexStore/lookUpRecipients(_:in:_:)``.
    public func lookUpRecipients(
        _ groups: [UInt64],
        in organisation: OrganisationID,
        _ take: (RecipientSegment, RecipientBucket) throws(StoreError) -> Void
    ) async throws(StoreError) -> RecipientIndex {
        let rows = try await performLong(for: organisation) { connection in
            let parameters = Parameters(organisation.number, groups.map { Int64(bitPattern: $0) })
            return try connection.rows(Self.lookUpSQL, parameters)
        }
        for row in 0..<rows.count where !rows.isNull(row, RecipientRows.indexColumnCount) {
            guard let segment = try RecipientRows.segment(rows, row) else { continue }
            try take(segment, RecipientRows.bucket(rows, row, from: RecipientRows.indexColumnCount))
        }
        return try RecipientRows.index(rows)
    }

    /// Finds the buckets by their keys first, so that a bucket of several groups is read once.
    static let lookUpSQL = """
        SELECT \(RecipientRows.indexColumns), b.* FROM \(RecipientRows.indexTables)
        LEFT JOIN LATERAL (
            SELECT DISTINCT k.first_group, k.ordinal FROM unnest($2::bigint[]) g (number)
            CROSS JOIN LATERAL (
                (
                    SELECT first_group, ordinal FROM recipient_buckets
                    WHERE org_id = $1 AND segment = s.id AND first_group < g.number
                    ORDER BY first_group DESC, ordinal DESC LIMIT 1
                ) UNION ALL (
                    SELECT first_group, ordinal FROM recipient_buckets
                    WHERE org_id = $1 AND segment = s.id AND first_group = g.number
                )
            ) k
        ) k ON true
        LEFT JOIN LATERAL (
            SELECT \(RecipientRows.bucketColumns) FROM recipient_buckets
            WHERE org_id = $1 AND segment = s.id AND first_group = k.first_group AND ordinal = k.ordinal OFFSET 0
        ) b ON true
        WHERE h.org_id = $1
        """
}

extension BorrowedChunk {
    /// Reads a chunk whose columns `count`, `length`, `crc` and `body` begin at an index.
    init(_ rows: Rows, _ row: Int, from column: Int = 0) throws(StoreError) {
        self.init(
            count: try rows.count(row, column),
            length: try rows.count(row, column + 1),
            crc: UInt32(truncatingIfNeeded: rows.integer(row, column + 2)),
            body: rows.rawBytes(row, column + 3)
        )
    }
}
