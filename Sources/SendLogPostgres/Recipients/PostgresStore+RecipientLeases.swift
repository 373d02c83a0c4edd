public import SendLogCore
public import SendLogRecipients
import SendLogScheduling

/// Leases the recipient indexes to indexers, and reports how far they are behind.
extension PostgresStore {
    /// The largest number of organisations for whose lease one call tries.
    private static let maxCandidates = 16

    /// Finds organisations with work, then leases the first one that no other server leases meanwhile.
    ///
    /// See ``RecipientIndexStore/leaseRecipientIndex(for:_:in:excluding:)``.
    public func leaseRecipientIndex(
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease,
        in pass: Timestamp,
        excluding excluded: Set<OrganisationID>
    ) async throws(StoreError) -> (organisation: OrganisationID, index: RecipientIndex)? {
        let candidates = try await fanOut(.short) { connection, scope in
            var parameters = Parameters(lease.start.milliseconds, lease.latestEnd, excluded.map(\.number))
            parameters.add(Self.maxCandidates, pass.milliseconds)
            scope.add(to: &parameters)
            let rows = try connection.rows(Self.recipientWorkSQL(work, scope), parameters)
            return (0..<rows.count).map { OrganisationID(rows.integer($0, 0)) }
        }
        var failure = candidates.failure
        for organisation in candidates.values.joined() {
            do throws(StoreError) {
                let index = try await leaseRecipientIndex(lease, of: organisation)
                if let index { return (organisation, index) }
            } catch {
                // The node of one organisation may be down, or its index damaged: the others are indexed.
                failure = error
            }
        }
        if let failure { throw failure }
        return nil
    }

    /// See ``RecipientIndexStore/leaseRecipientIndex(of:for:_:)``.
    public func leaseRecipientIndex(
        of organisation: OrganisationID,
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease
    ) async throws(StoreError) -> RecipientIndex? {
        let hasWork = try await performShort(for: organisation) { connection in
            try connection.rows(Self.hasRecipientWorkSQL(work), Parameters(organisation.number)).count > 0
        }
        return hasWork ? try await leaseRecipientIndex(lease, of: organisation) : nil
    }

    static func hasRecipientWorkSQL(_ work: RecipientIndexWork) -> String {
        """
        SELECT 1 FROM organisation_heads h LEFT JOIN recipient_indexes i ON i.org_id = $1
        WHERE h.org_id = $1 AND \(isPending(work))
        """
    }

    private static func isPending(_ work: RecipientIndexWork) -> String {
        work == .additions ? "h.sequence > coalesce(i.through, 0)" : "i.merges"
    }

    /// Finds the organisations whose index has work, and no valid lease.
    ///
    /// An organisation has no row in `recipient_indexes` until its first lease: a server of an earlier version, which
    /// creates none, may have created it.
    static func recipientWorkSQL(_ work: RecipientIndexWork, _ scope: OrganisationScope) -> String {
        """
        SELECT h.org_id FROM organisation_heads h LEFT JOIN recipient_indexes i ON i.org_id = h.org_id
            AND \(scope.condition("i.org_id", parameter: 6))
        WHERE \(isPending(work)) AND h.org_id <> ALL($3) AND \(scope.condition("h.org_id", parameter: 6))
            AND (i.org_id IS NULL OR i.lease_until <= $1 OR i.lease_until > $2)
            AND (i.org_id IS NULL OR i.lease_start < $5 OR i.lease_start > $2)
        ORDER BY coalesce(i.lease_start, 0), h.org_id LIMIT $4
        """
    }

    /// Leases the index of an organisation.
    ///
    /// - Returns: the index; `nil` if another server has leased it.
    private func leaseRecipientIndex(
        _ lease: RecipientIndexLease,
        of organisation: OrganisationID
    ) async throws(StoreError) -> RecipientIndex? {
        try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number, lease.owner)
            parameters.add(lease.start.milliseconds, lease.end.milliseconds, lease.latestEnd)
            // On a retry, the first attempt may have leased it before its connection broke.
            let own = "OR i.lease_owner = $2 AND i.lease_start = $3 AND i.lease_until = $4"
            let leased = try connection.rows(
                """
                INSERT INTO recipient_indexes AS i (org_id, lease_owner, lease_start, lease_until)
                VALUES ($1, $2, $3, $4) ON CONFLICT (org_id) DO UPDATE SET lease_owner = excluded.lease_owner,
                    lease_start = excluded.lease_start, lease_until = excluded.lease_until
                WHERE i.lease_until <= $3 OR i.lease_until > $5 \(connection.isRetry ? own : "")
                """,
                parameters
            )
            if leased.affectedRows == 0 { return nil }
            return try RecipientRows.index(of: organisation, on: connection)
        }
    }

    /// See ``RecipientIndexStore/renewRecipientIndexLease(_:in:)``.
    public func renewRecipientIndexLease(
        _ lease: RecipientIndexLease,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Bool {
        try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number, lease.owner)
            parameters.add(lease.start.milliseconds, lease.end.milliseconds)
            let rows = try connection.rows(
                """
                UPDATE recipient_indexes SET lease_start = $3, lease_until = $4,
                    lease_owner = CASE WHEN $4 > $3 THEN lease_owner ELSE '' END
                WHERE org_id = $1 AND lease_owner = $2
                """,
                parameters
            )
            return rows.affectedRows > 0
        }
    }

    /// See ``RecipientIndexStore/recipientIndexLag()``.
    public func recipientIndexLag() async throws(StoreError) -> RecipientIndexLag {
        let lags = try await fanOut(.long) { connection, scope in
            var parameters = Parameters()
            scope.add(to: &parameters)
            let rows = try connection.rows(Self.recipientLagSQL(scope), parameters)
            return (sendLogs: try rows.count(0, 0), organisations: try rows.count(0, 1))
        }
        var (sendLogs, organisations) = (0, 0)
        for lag in lags.values {
            try StoredNumber.add(lag.sendLogs, to: &sendLogs)
            try StoredNumber.add(lag.organisations, to: &organisations)
        }
        return RecipientIndexLag(sendLogs: sendLogs, organisations: organisations)
    }

    static func recipientLagSQL(_ scope: OrganisationScope) -> String {
        """
        SELECT coalesce(sum(h.sequence - coalesce(i.through, 0)), 0)::bigint, count(*)
        FROM organisation_heads h LEFT JOIN recipient_indexes i ON i.org_id = h.org_id
            AND \(scope.condition("i.org_id", parameter: 1))
        WHERE h.sequence > coalesce(i.through, 0) AND \(scope.condition("h.org_id", parameter: 1))
        """
    }

    /// See ``RecipientIndexStore/resetRecipientIndex(in:)``.
    ///
    /// The lease ends too: what its owner is building would begin after the index that it knows.
    public func resetRecipientIndex(in organisation: OrganisationID) async throws(StoreError) {
        try await performShort(for: organisation) { connection in
            let parameters = Parameters(organisation.number)
            try connection.transaction {
                _ = try LogHead(of: organisation, on: connection)
                _ = try connection.rows(
                    """
                    UPDATE recipient_indexes SET through = 0, merges = true, lease_owner = '', lease_until = 0
                    WHERE org_id = $1
                    """,
                    parameters
                )
                _ = try connection.rows(
                    "UPDATE recipient_segments SET complete = false WHERE org_id = $1 AND complete",
                    parameters
                )
            }
        }
    }
}
