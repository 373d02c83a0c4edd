import SendLogCore
import SendLogRecipients

/// Reads and writes rows of the recipient index for the other parts of the store.
enum RecipientRows {
    /// What becomes of a segment, as stored.
    enum State {
        /// It is being built; if its indexer has lost the lease, it is never completed.
        static let incomplete = 0
        /// It is part of the index.
        static let complete = 1
        /// It was replaced, or the index was deleted.
        static let unused = 2
    }

    /// Reads the index of an organisation.
    ///
    /// - Throws: ``StoreError/notFound`` if the organisation does not exist; ``StoreError/corrupted(detail:)``.
    static func index(of organisation: OrganisationID, on database: Connection) throws -> RecipientIndex {
        let head = try LogHead(of: organisation, on: database)
        var query = try Query("SELECT through FROM recipient_indexes WHERE organisation = ?", on: database)
        try query.bind(organisation.number)
        let through = try query.step() ? try StoredNumber.sequence(query.integer(0)) : SequenceNumber(0)
        return RecipientIndex(segments: try segments(of: organisation, on: database), through: through, head: head)
    }

    private static func segments(of organisation: OrganisationID, on database: Connection) throws -> [RecipientSegment]
    {
        var query = try Query(
            "SELECT id, level, first, last, pairs FROM recipient_segments WHERE organisation = ? AND state = ?",
            on: database
        )
        try query.bind(organisation.number, State.complete)
        var segments: [RecipientSegment] = []
        while try query.step() {
            let (first, last) = (
                try StoredNumber.sequence(query.integer(2)), try StoredNumber.sequence(query.integer(3))
            )
            guard first <= last else { throw StoreError.corrupted(detail: "a segment of recipients has no range") }
            segments.append(
                RecipientSegment(
                    id: query.integer(0),
                    level: try query.count(1),
                    range: first...last,
                    pairs: try query.count(4)
                )
            )
        }
        return segments
    }

    /// Reads chunks of lists in the order of recording; see ``RecipientIndexStore/recordedChunks(from:limit:in:_:)``.
    static func chunks(
        from position: ChunkPosition,
        limit: Int,
        in organisation: OrganisationID,
        on database: Connection,
        _ take: (SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
    ) throws -> ChunkPosition? {
        var query = try Query(
            """
            SELECT place, number, count, length, crc, body FROM destination_chunks
            WHERE (place, number) >= (?, ?) AND place < ? ORDER BY place, number
            """,
            on: database
        )
        try query.bind(RowID(organisation, position.sequence).rawValue, position.chunk)
        try query.bind(RowID(OrganisationID(organisation.number + 1), SequenceNumber(0)).rawValue)
        var (count, destinations) = (0, 0)
        while try query.step() {
            let sequence = RowID(rawValue: query.integer(0)).sequence
            if count == limit || destinations >= ChunkPosition.maxDestinations {
                return ChunkPosition(sequence, chunk: try query.count(1))
            }
            let chunk = BorrowedChunk(
                count: try query.count(2),
                length: try query.count(3),
                crc: UInt32(truncatingIfNeeded: query.integer(4)),
                body: query.rawBytes(5)
            )
            try take(sequence, chunk)
            count += 1
            // Stored counts can be damaged.
            (destinations, _) = destinations.addingReportingOverflow(chunk.count)
        }
        return nil
    }

    /// Reads the position of a bucket from the current row of a query for the columns `first_group` and `ordinal`.
    static func position(_ query: borrowing Query) throws(StoreError) -> RecipientBucket.Position {
        RecipientBucket.Position(firstGroup: UInt64(bitPattern: query.integer(0)), ordinal: try query.count(1))
    }

    /// Reads a bucket from the current row of a query for the columns `first_group`, `ordinal` and `body`.
    static func bucket(_ query: borrowing Query) throws(StoreError) -> RecipientBucket {
        let position = try position(query)
        return RecipientBucket(firstGroup: position.firstGroup, ordinal: position.ordinal, body: query.bytes(2))
    }

    /// Reads the buckets of a segment after a position.
    static func buckets(
        of segment: Int64,
        after position: RecipientBucket.Position?,
        limit: Int,
        in organisation: OrganisationID,
        on database: Connection
    ) throws -> [RecipientBucket] {
        var query = try Query(
            """
            SELECT first_group, ordinal, body FROM recipient_buckets
            WHERE organisation = ? AND segment = ? AND (first_group, ordinal) > (?, ?)
            ORDER BY first_group, ordinal LIMIT ?
            """,
            on: database
        )
        try query.bind(organisation.number, segment)
        try query.bind(position.map { Int64(bitPattern: $0.firstGroup) } ?? -1, position?.ordinal ?? 0, limit)
        var buckets: [RecipientBucket] = []
        while try query.step() { buckets.append(try bucket(query)) }
        return buckets
    }

    /// Inserts buckets.
    static func insert(
        _ buckets: [RecipientBucket],
        into segment: Int64,
        of organisation: OrganisationID,
        on database: Connection
    ) throws {
        for bucket in buckets {
            var query = try Query(
                """
                INSERT INTO recipient_buckets (organisation, segment, first_group, ordinal, body) VALUES (?, ?, ?, ?, ?)
                """,
                on: database
            )
            try query.bind(organisation.number, segment, Int64(bitPattern: bucket.firstGroup), bucket.ordinal)
            try query.bind(bucket.body)
            try query.run()
        }
    }
}
