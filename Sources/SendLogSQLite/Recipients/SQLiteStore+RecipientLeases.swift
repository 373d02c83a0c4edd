public import SendLogCore
public import SendLogRecipients
import SendLogScheduling

/// Leases recipient indexes to indexers.
extension SQLiteStore {
    /// See ``RecipientIndexStore/leaseRecipientIndex(for:_:in:excluding:)``.
    public func leaseRecipientIndex(
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease,
        in pass: Timestamp,
        excluding excluded: Set<OrganisationID>
    ) async throws(StoreError) -> (organisation: OrganisationID, index: RecipientIndex)? {
        try await leaseFirst(lease) { try Self.pending(work, lease, pass, excluded, on: $0) }
    }

    /// See ``RecipientIndexStore/leaseRecipientIndex(of:for:_:)``.
    public func leaseRecipientIndex(
        of organisation: OrganisationID,
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease
    ) async throws(StoreError) -> RecipientIndex? {
        try await leaseFirst(lease) { try Self.pending(work, lease, .latest, [], of: organisation, on: $0) }?.index
    }

    /// Leases the first index that is not damaged.
    private func leaseFirst(
        _ lease: RecipientIndexLease,
        among pending: @escaping @Sendable (Connection) throws -> [OrganisationID]
    ) async throws(StoreError) -> (organisation: OrganisationID, index: RecipientIndex)? {
        // In most cases there is nothing to do, and nothing to write.
        let candidates = try await readers.scan(for: .server, pending)
        if candidates.isEmpty { return nil }
        // The lease on a damaged index stays, so that it does not fail again in each pass.
        typealias Leased = (organisation: OrganisationID, index: RecipientIndex)
        let (leased, failure): (Leased?, StoreError?) = try await write(for: .server) { database in
            var failure: StoreError?
            for organisation in try pending(database) {
                let query = try Query(
                    """
                    INSERT INTO recipient_indexes (organisation, lease_owner, lease_start, lease_end)
                    VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (organisation) DO UPDATE SET lease_owner = ?2, lease_start = ?3, lease_end = ?4
                    """,
                    on: database
                )
                try query.run(organisation.number, lease.owner, lease.start.milliseconds, lease.end.milliseconds)
                // Skip a damaged index, so that it does not stop the others.
                do {
                    return ((organisation, try RecipientRows.index(of: organisation, on: database)), nil)
                } catch { failure = StoreError(error) }
            }
            return (nil, failure)
        }
        if let failure { throw failure }
        return leased
    }

    /// The number of organisations that are tried, in case that the indexes of some are damaged.
    private static let maxTried = 8

    /// Returns organisations whose index can be leased and has work, those with the oldest lease first; at most one
    /// organisation if it is given.
    private static func pending(
        _ work: RecipientIndexWork,
        _ lease: RecipientIndexLease,
        _ pass: Timestamp,
        _ excluded: Set<OrganisationID>,
        of organisation: OrganisationID? = nil,
        on database: Connection
    ) throws -> [OrganisationID] {
        var query = try Query(
            """
            SELECT o.id FROM organisations o LEFT JOIN recipient_indexes i ON i.organisation = o.id
            WHERE (i.organisation IS NULL OR i.lease_end <= ?1 OR i.lease_end > ?2)
                AND (i.organisation IS NULL OR i.lease_start < ?3 OR i.lease_start > ?2)
                AND CASE ?4 WHEN 1 THEN i.has_merges = 1 ELSE o.sequence > ifnull(i.through, 0) END
                AND o.id BETWEEN ?6 AND ?7
            ORDER BY ifnull(i.lease_start, 0), o.id LIMIT ?5
            """,
            on: database
        )
        try query.bind(lease.start.milliseconds, lease.latestEnd, pass.milliseconds, work == .merges ? 1 : 0)
        try query.bind(excluded.count + maxTried, organisation?.number ?? .min, organisation?.number ?? .max)
        var organisations: [OrganisationID] = []
        while try query.step() {
            let organisation = OrganisationID(query.integer(0))
            if !excluded.contains(organisation) { organisations.append(organisation) }
        }
        return organisations
    }

    /// See ``RecipientIndexStore/renewRecipientIndexLease(_:in:)``.
    public func renewRecipientIndexLease(
        _ lease: RecipientIndexLease,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Bool {
        try await write(for: organisation) { database in
            var query = try Query(
                """
                UPDATE recipient_indexes SET lease_start = ?, lease_end = ?, lease_owner = ?
                WHERE organisation = ? AND lease_owner = ?
                """,
                on: database
            )
            try query.bind(lease.start.milliseconds, lease.end.milliseconds)
            try query.run(lease.end > lease.start ? lease.owner : "", organisation.number, lease.owner)
            return database.affectedRows == 1
        }
    }

    /// See ``RecipientIndexStore/resetRecipientIndex(in:)``.
    public func resetRecipientIndex(in organisation: OrganisationID) async throws(StoreError) {
        try await write(for: organisation) { database in
            _ = try LogHead(of: organisation, on: database)
            let segments = try Query("UPDATE recipient_segments SET state = ? WHERE organisation = ?", on: database)
            try segments.run(RecipientRows.State.unused, organisation.number)
            // An indexer that works on it loses its lease. The IDs of segments are not used again.
            let index = try Query(
                """
                UPDATE recipient_indexes SET through = 0, has_merges = 1, lease_owner = '', lease_start = 0, lease_end = 0
                WHERE organisation = ?
                """,
                on: database
            )
            try index.run(organisation.number)
        }
    }

    /// See ``RecipientIndexStore/recipientIndexLag()``.
    public func recipientIndexLag() async throws(StoreError) -> RecipientIndexLag {
        try await readers.scan(for: .server) { database in
            let query = try Query(
                """
                SELECT ifnull(sum(o.sequence - ifnull(i.through, 0)), 0), count(*)
                FROM organisations o LEFT JOIN recipient_indexes i ON i.organisation = o.id
                WHERE o.sequence > ifnull(i.through, 0)
                """,
                on: database
            )
            _ = try query.step()
            return RecipientIndexLag(sendLogs: try query.count(0), organisations: try query.count(1))
        }
    }
}
