import SendLogCore
import SendLogRecipients

/// The recipient index, which follows the log: recording and deleting send logs does not change it.
struct RecipientIndexData: DerivedData {
    static let tables = ["recipient_indexes", "recipient_segments", "recipient_buckets"]
    static let indexes = [
        ("recipient_indexes_pkey", "(org_id)"), ("recipient_segments_pkey", "(org_id, id)"),
        ("recipient_buckets_pkey", "(org_id, segment, first_group, ordinal)"),
    ]

    /// The number of buckets and of chunks that a check reads at a time.
    private static let limit = 256

    func add(_: LogChange<String>) {}

    func write(of _: OrganisationID, on _: Connection) {}

    static func findings(of organisation: Int64, on connection: Connection) throws -> [String] {
        try (rowFaults(of: organisation, on: connection) + faults(of: OrganisationID(organisation), on: connection))
            .map { CheckFinding.recipientIndex(of: organisation, $0) }
    }

    /// Compares the rows of an index, its segments and its buckets with each other.
    private static func rowFaults(of organisation: Int64, on connection: Connection) throws -> [String] {
        let rows = try connection.rows(
            """
            SELECT (
                SELECT count(*) FROM recipient_segments s LEFT JOIN recipient_indexes i ON i.org_id = $1
                WHERE s.org_id = $1 AND s.id > coalesce(i.last_segment, 0)
            ), (
                SELECT count(*) FROM recipient_buckets b WHERE b.org_id = $1
                    AND NOT EXISTS (SELECT FROM recipient_segments s WHERE s.org_id = $1 AND s.id = b.segment)
            )
            """,
            Parameters(organisation)
        )
        var faults: [String] = []
        if rows.integer(0, 0) > 0 { faults.append("has segments whose ID would be used again") }
        if rows.integer(0, 1) > 0 { faults.append("has \(rows.integer(0, 1)) buckets that belong to no segment") }
        return faults
    }

    /// Compares the index with the lists.
    private static func faults(of organisation: OrganisationID, on connection: Connection) throws -> [String] {
        do {
            let index = try RecipientRows.index(of: organisation, on: connection)
            let first = SequenceNumber(1)
            let recorded =
                index.through < first
                ? [] : try PostgresStore.recordedRanges(in: first...index.through, of: organisation, on: connection)
            let fault = try RecipientIndexCheck(index, recorded: recorded).fault(
                buckets: { segment, position in
                    try PostgresStore.recipientBuckets(
                        of: segment.id,
                        after: position,
                        limit: limit,
                        in: organisation,
                        on: connection
                    )
                },
                chunks: { position, take in
                    let rows = try PostgresStore.recordedChunks(
                        from: position,
                        limit: limit,
                        in: organisation,
                        on: connection
                    )
                    return try PostgresStore.read(rows, limit: limit, take)
                }
            )
            return fault.map { [$0] } ?? []
        } catch StoreError.corrupted(let detail) {
            return ["cannot be read: \(detail)"]
        } catch StoreError.notFound {
            // The check of the head reports it.
            return []
        }
    }
}
