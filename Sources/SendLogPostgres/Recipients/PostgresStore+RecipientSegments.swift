public import SendLogCore
public import SendLogRecipients

/// Writes the segments of recipient indexes.
///
/// A lock on a segment's row keeps buckets from being added after the segment was deleted. The lock on the index's row
/// comes before those on segments.
extension PostgresStore {
    /// See ``RecipientIndexStore/beginRecipientSegment(in:)``.
    public func beginRecipientSegment(in organisation: OrganisationID) async throws(StoreError) -> Int64 {
        try await performShort(for: organisation) { connection in
            try connection.transaction {
                _ = try LogHead(of: organisation, on: connection)
                let next = try connection.rows(
                    """
                    INSERT INTO recipient_indexes AS i (org_id, last_segment, merges) VALUES ($1, 1, true)
                    ON CONFLICT (org_id) DO UPDATE SET last_segment = i.last_segment + 1, merges = true
                    RETURNING last_segment
                    """,
                    Parameters(organisation.number)
                ).integer(0, 0)
                let parameters = Parameters(organisation.number, next)
                _ = try connection.rows("INSERT INTO recipient_segments (org_id, id) VALUES ($1, $2)", parameters)
                return next
            }
        }
    }

    /// See ``RecipientIndexStore/addRecipientBuckets(_:to:in:)``.
    public func addRecipientBuckets(
        _ buckets: [RecipientBucket],
        to segment: Int64,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await performLong(for: organisation) { connection in
            try connection.transaction {
                let parameters = Parameters(organisation.number, segment)
                // The next indexer deletes the segment of one that lost its lease.
                let locked = try connection.rows(
                    "SELECT id FROM recipient_segments WHERE org_id = $1 AND id = $2 AND NOT complete FOR UPDATE",
                    parameters
                )
                if locked.count == 0 { return }
                try RecipientRows.add(buckets, to: segment, of: organisation, on: connection)
            }
        }
    }

    /// See ``RecipientIndexStore/completeRecipientSegment(_:adding:replacing:through:owner:in:)``.
    public func completeRecipientSegment(
        _ segment: RecipientSegment?,
        adding buckets: [RecipientBucket],
        replacing replaced: [Int64],
        through: SequenceNumber,
        owner: String,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Bool {
        try await performLong(for: organisation) { connection in
            try connection.transaction {
                guard try Self.lock(organisation, owner: owner, on: connection) else { return false }
                if let segment {
                    guard try Self.complete(segment, of: organisation, on: connection) else { return false }
                    try RecipientRows.add(buckets, to: segment.id, of: organisation, on: connection)
                }
                if !replaced.isEmpty {
                    let parameters = Parameters(organisation.number, replaced)
                    _ = try connection.rows(
                        "UPDATE recipient_segments SET complete = false WHERE org_id = $1 AND id = ANY($2)",
                        parameters
                    )
                }
                let index = try RecipientRows.index(of: organisation, on: connection)
                try Self.update(index, through: through, of: organisation, on: connection)
                return true
            }
        }
    }

    /// Locks an index to the end of the transaction.
    ///
    /// - Returns: false if another owner has leased it.
    private static func lock(
        _ organisation: OrganisationID,
        owner: String,
        on connection: Connection
    ) throws(PostgresFailure) -> Bool {
        let locked = try connection.rows(
            "SELECT org_id FROM recipient_indexes WHERE org_id = $1 AND lease_owner = $2 FOR UPDATE",
            Parameters(organisation.number, owner)
        )
        return locked.count > 0
    }

    /// Stores how far an index is, and whether segments are to be merged or deleted.
    private static func update(
        _ index: RecipientIndex,
        through: SequenceNumber,
        of organisation: OrganisationID,
        on connection: Connection
    ) throws(PostgresFailure) {
        let hasPlan = !RecipientMergePlan.next(index.segments).isEmpty
        let parameters = Parameters(organisation.number, min(through, index.head.lastSequence).number, hasPlan)
        let merges = "($3 OR EXISTS (SELECT 1 FROM recipient_segments s WHERE s.org_id = $1 AND NOT s.complete))"
        _ = try connection.rows(
            """
            UPDATE recipient_indexes SET through = greatest(through, $2), merges = \(merges)
            WHERE org_id = $1 AND (through < $2 OR merges <> \(merges))
            """,
            parameters
        )
    }

    /// - Returns: false if the segment was deleted.
    private static func complete(
        _ segment: RecipientSegment,
        of organisation: OrganisationID,
        on connection: Connection
    ) throws(PostgresFailure) -> Bool {
        var parameters = Parameters(organisation.number, segment.id, Int32(clamping: segment.level))
        parameters.add(segment.range.lowerBound.number, segment.range.upperBound.number, segment.pairs)
        let rows = try connection.rows(
            """
            UPDATE recipient_segments SET complete = true, level = $3, first = $4, last = $5, pairs = $6
            WHERE org_id = $1 AND id = $2
            """,
            parameters
        )
        return rows.affectedRows > 0
    }

    /// See ``RecipientIndexStore/deleteUnusedRecipientBuckets(in:limit:owner:)``.
    public func deleteUnusedRecipientBuckets(
        in organisation: OrganisationID,
        limit: Int,
        owner: String
    ) async throws(StoreError) -> Int? {
        try await performLong(for: organisation) { connection in
            try connection.transaction {
                guard try Self.lock(organisation, owner: owner, on: connection) else { return nil }
                let unused = try connection.rows(
                    """
                    SELECT id FROM recipient_segments WHERE org_id = $1 AND NOT complete
                    ORDER BY id LIMIT 1 FOR UPDATE
                    """,
                    Parameters(organisation.number)
                )
                guard unused.count > 0 else {
                    let index = try RecipientRows.index(of: organisation, on: connection)
                    try Self.update(index, through: index.through, of: organisation, on: connection)
                    return 0
                }
                let segment = Parameters(organisation.number, unused.integer(0, 0))
                var first = segment
                first.add(limit)
                let keys = try connection.rows(Self.bucketKeysSQL, first)
                if keys.count > 0 {
                    var last = segment
                    last.add(keys.integer(keys.count - 1, 0), keys.integer(keys.count - 1, 1))
                    _ = try connection.rows(Self.deleteBucketsSQL, last)
                }
                if keys.count >= limit { return keys.count }
                _ = try connection.rows("DELETE FROM recipient_segments WHERE org_id = $1 AND id = $2", segment)
                return keys.count + 1
            }
        }
    }

    static let bucketKeysSQL = """
        SELECT first_group, ordinal FROM recipient_buckets
        WHERE org_id = $1 AND segment = $2 ORDER BY first_group, ordinal LIMIT $3
        """

    static let deleteBucketsSQL = """
        DELETE FROM recipient_buckets WHERE org_id = $1 AND segment = $2 AND (first_group, ordinal) <= ($3, $4)
        """
}
