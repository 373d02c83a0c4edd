public import SendLogCore
import SendLogScheduling

/// Begins, finishes and forgets requests with an idempotency key.
extension PostgresStore: IdempotencyStore {
    /// See ``IdempotencyStore/beginRequest(_:in:)``.
    public func beginRequest(
        _ attempt: IdempotencyAttempt,
        in organisation: OrganisationID
    ) async throws(StoreError) -> IdempotencyState {
        try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number, attempt.key.text, ByteString(attempt.digest))
            parameters.add(attempt.id.text, attempt.now.milliseconds, attempt.leaseEnd, attempt.expiry)
            return try connection.transaction {
                let begun = try connection.rows(Self.beginRequestSQL, parameters)
                guard begun.count == 0 else {
                    guard let reserved = SendLogID(begun.text(0, 0)) else {
                        throw StoreError.corrupted(detail: "a reserved ID is invalid")
                    }
                    return .started(reserved: reserved)
                }
                // The first statement has locked the row.
                let rows = try connection.rows(
                    "SELECT digest, status, location, body FROM idempotency_keys WHERE org_id = $1 AND key = $2",
                    Parameters(organisation.number, attempt.key.text)
                )
                guard rows.count > 0 else { throw StoreError.corrupted(detail: "an idempotency key has no row") }
                return try IdempotencyState(
                    of: attempt,
                    digest: rows.bytes(0, 0),
                    status: rows.optionalInteger(0, 1),
                    response: { (rows.text(0, 2), rows.bytes(0, 3)) }
                )
            }
        }
    }

    /// Inserts the row of a request, or leases the row that is there; returns no row if the request may not begin.
    ///
    /// On a retry, the first attempt may have taken the lease before its connection broke.
    static let beginRequestSQL = """
        INSERT INTO idempotency_keys AS k (org_id, key, digest, reserved, created, lease_owner, lease_until)
        VALUES ($1, $2, $3, $4, $5, $4, $6)
        ON CONFLICT (org_id, key) DO UPDATE SET
            digest = excluded.digest,
            reserved = CASE WHEN k.created <= $7 THEN excluded.reserved ELSE k.reserved END,
            created = CASE WHEN k.created <= $7 THEN excluded.created ELSE k.created END,
            lease_owner = excluded.lease_owner, lease_until = excluded.lease_until,
            status = NULL, location = '', body = ''
        WHERE (k.status IS NOT NULL OR k.lease_until <= $5 OR k.lease_owner = excluded.lease_owner)
            AND (k.created <= $7 OR (k.digest = excluded.digest AND k.status IS NULL))
        RETURNING k.reserved
        """

    /// See ``IdempotencyStore/finishRequest(_:with:in:)``.
    public func finishRequest(
        _ attempt: IdempotencyAttempt,
        with response: StoredResponse,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number, attempt.key.text, attempt.id.text)
            parameters.add(response.status, response.location, ByteString(response.body))
            _ = try connection.rows(
                """
                UPDATE idempotency_keys SET status = $4, location = $5, body = $6
                WHERE org_id = $1 AND key = $2 AND lease_owner = $3 AND status IS NULL
                """,
                parameters
            )
        }
    }

    /// See ``IdempotencyStore/releaseRequest(_:in:)``.
    public func releaseRequest(
        _ attempt: IdempotencyAttempt,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await performShort(for: organisation) { connection in
            _ = try connection.rows(
                """
                UPDATE idempotency_keys SET lease_until = 0
                WHERE org_id = $1 AND key = $2 AND lease_owner = $3 AND status IS NULL
                """,
                Parameters(organisation.number, attempt.key.text, attempt.id.text)
            )
        }
    }

    /// Finds old keys of all organisations, then deletes them by organisation, each on one Citus node.
    ///
    /// See ``IdempotencyStore/deleteIdempotencyKeys(before:)``.
    public func deleteIdempotencyKeys(before timestamp: Timestamp) async throws(StoreError) -> Int {
        let old = try await fanOut(.long) { connection, scope in
            var parameters = Parameters(timestamp.milliseconds)
            scope.add(to: &parameters)
            return try connection.rows(Self.oldIdempotencyKeysSQL(scope), parameters)
        }
        return try await sum(over: old.textsByOrganisation, after: old.failure) {
            (organisation, keys) throws(StoreError) in
            try await performShort(for: organisation) { connection in
                try connection.rows(
                    "DELETE FROM idempotency_keys WHERE org_id = $1 AND key = ANY($2) AND created < $3",
                    Parameters(organisation.number, keys, timestamp.milliseconds)
                )
                .affectedRows
            }
        }
    }

    static func oldIdempotencyKeysSQL(_ scope: OrganisationScope) -> String {
        """
        SELECT org_id, key FROM idempotency_keys WHERE created < $1 AND \(scope.condition("org_id", parameter: 2))
        ORDER BY created LIMIT 100
        """
    }
}
