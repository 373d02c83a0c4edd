public import SendLogCore
public import SendLogRecipients

/// Writes segments of recipient indexes.
extension SQLiteStore: RecipientIndexStore {
    /// See ``RecipientIndexStore/beginRecipientSegment(in:)``.
    public func beginRecipientSegment(in organisation: OrganisationID) async throws(StoreError) -> Int64 {
        try await write(for: organisation) { database in
            _ = try LogHead(of: organisation, on: database)
            var number = try Query(
                """
                INSERT INTO recipient_indexes (organisation, next_segment, has_merges) VALUES (?, 2, 1)
                ON CONFLICT (organisation) DO UPDATE SET next_segment = next_segment + 1, has_merges = 1
                RETURNING next_segment - 1
                """,
                on: database
            )
            try number.bind(organisation.number)
            _ = try number.step()
            let id = number.integer(0)
            _ = try number.step()
            let segment = try Query(
                "INSERT INTO recipient_segments (organisation, id, state) VALUES (?, ?, ?)",
                on: database
            )
            try segment.run(organisation.number, id, RecipientRows.State.incomplete)
            return id
        }
    }

    /// See ``RecipientIndexStore/addRecipientBuckets(_:to:in:)``.
    public func addRecipientBuckets(
        _ buckets: [RecipientBucket],
        to segment: Int64,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await write(for: organisation) { database in
            var query = try Query(
                "SELECT 1 FROM recipient_segments WHERE organisation = ? AND id = ? AND state = ?",
                on: database
            )
            try query.bind(organisation.number, segment, RecipientRows.State.incomplete)
            // An indexer that has lost its lease may have lost its segment, too; it cannot complete it.
            guard try query.step() else { return }
            try RecipientRows.insert(buckets, into: segment, of: organisation, on: database)
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
        try await write(for: organisation) { database in
            guard try Self.has(organisation, owner: owner, on: database) else { return false }
            if let segment {
                guard try Self.complete(segment, of: organisation, on: database) else { return false }
                try RecipientRows.insert(buckets, into: segment.id, of: organisation, on: database)
            }
            for id in replaced {
                let query = try Query(
                    "UPDATE recipient_segments SET state = ? WHERE organisation = ? AND id = ?",
                    on: database
                )
                try query.run(RecipientRows.State.unused, organisation.number, id)
            }
            let index = try Query(
                """
                UPDATE recipient_indexes SET through =
                    max(through, min(?, (SELECT sequence FROM organisations o WHERE o.id = organisation)))
                WHERE organisation = ?
                """,
                on: database
            )
            try index.run(through.number, organisation.number)
            try Self.updateHasMerges(of: organisation, on: database)
            return true
        }
    }

    /// Notes whether segments are to be merged or deleted.
    private static func updateHasMerges(of organisation: OrganisationID, on database: Connection) throws {
        let segments = try RecipientRows.index(of: organisation, on: database).segments
        let hasMerges =
            try !RecipientMergePlan.next(segments).isEmpty || unusedSegment(of: organisation, on: database) != nil
        let index = try Query(
            "UPDATE recipient_indexes SET has_merges = ?2 WHERE organisation = ?1 AND has_merges <> ?2",
            on: database
        )
        try index.run(organisation.number, hasMerges ? 1 : 0)
    }

    private static func has(
        _ organisation: OrganisationID,
        owner: String,
        on database: Connection
    ) throws -> Bool {
        var query = try Query(
            "SELECT 1 FROM recipient_indexes WHERE organisation = ? AND lease_owner = ?",
            on: database
        )
        try query.bind(organisation.number, owner)
        return try query.step()
    }

    /// Completes a segment.
    ///
    /// - Returns: false if it was deleted.
    private static func complete(
        _ segment: RecipientSegment,
        of organisation: OrganisationID,
        on database: Connection
    ) throws -> Bool {
        var query = try Query(
            """
            UPDATE recipient_segments SET state = ?, level = ?, first = ?, last = ?, pairs = ?
            WHERE organisation = ? AND id = ? AND state = ?
            """,
            on: database
        )
        try query.bind(RecipientRows.State.complete, segment.level)
        try query.bind(segment.range.lowerBound.number, segment.range.upperBound.number, segment.pairs)
        try query.run(organisation.number, segment.id, RecipientRows.State.incomplete)
        return database.affectedRows == 1
    }

    /// See ``RecipientIndexStore/deleteUnusedRecipientBuckets(in:limit:owner:)``.
    public func deleteUnusedRecipientBuckets(
        in organisation: OrganisationID,
        limit: Int,
        owner: String
    ) async throws(StoreError) -> Int? {
        try await write(for: organisation) { database in
            guard try Self.has(organisation, owner: owner, on: database) else { return nil }
            var deleted = 0
            while deleted < limit, let segment = try Self.unusedSegment(of: organisation, on: database) {
                let buckets = try Query(
                    """
                    DELETE FROM recipient_buckets WHERE rowid IN (
                        SELECT rowid FROM recipient_buckets WHERE organisation = ? AND segment = ? LIMIT ?
                    )
                    """,
                    on: database
                )
                try buckets.run(organisation.number, segment, limit - deleted)
                deleted += database.affectedRows
                if deleted == limit { break }
                let row = try Query("DELETE FROM recipient_segments WHERE organisation = ? AND id = ?", on: database)
                try row.run(organisation.number, segment)
                deleted += 1
            }
            if deleted < limit { try Self.updateHasMerges(of: organisation, on: database) }
            return deleted
        }
    }

    private static func unusedSegment(of organisation: OrganisationID, on database: Connection) throws -> Int64? {
        var query = try Query(
            "SELECT id FROM recipient_segments WHERE organisation = ? AND state <> ? LIMIT 1",
            on: database
        )
        try query.bind(organisation.number, RecipientRows.State.complete)
        return try query.step() ? query.integer(0) : nil
    }
}
