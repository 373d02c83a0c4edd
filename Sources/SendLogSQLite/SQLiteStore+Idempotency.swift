public import SendLogCore
import SendLogScheduling

/// Begins, finishes and forgets requests with an idempotency key.
extension SQLiteStore: IdempotencyStore {
    /// See ``IdempotencyStore/beginRequest(_:in:)``.
    public func beginRequest(
        _ attempt: IdempotencyAttempt,
        in organisation: OrganisationID
    ) async throws(StoreError) -> IdempotencyState {
        try await write(for: organisation) { database in
            if let reserved = try Self.reservedID(of: attempt, in: organisation, on: database) {
                return .started(reserved: reserved)
            }
            var query = try Query(
                "SELECT digest, status, location, body FROM idempotency_keys WHERE organisation = ? AND key = ?",
                on: database
            )
            try query.bind(organisation.number, attempt.key.text)
            guard try query.step() else { throw StoreError.corrupted(detail: "an idempotency key has no row") }
            let (location, body) = (query.text(2), query.bytes(3))
            return try IdempotencyState(
                of: attempt,
                digest: query.bytes(0),
                status: query.optionalInteger(1),
                response: { (location, body) }
            )
        }
    }

    /// Inserts the row of a request, or leases the row that is there.
    ///
    /// - Returns: the row's reserved ID; `nil` if the request may not begin.
    private static func reservedID(
        of attempt: IdempotencyAttempt,
        in organisation: OrganisationID,
        on database: Connection
    ) throws -> SendLogID? {
        var query = try Query(
            """
            INSERT INTO idempotency_keys (organisation, key, digest, reserved, created, lease_owner, lease_until)
            VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?6)
            ON CONFLICT (organisation, key) DO UPDATE SET
                digest = excluded.digest,
                reserved = CASE WHEN created <= ?7 THEN excluded.reserved ELSE reserved END,
                created = CASE WHEN created <= ?7 THEN excluded.created ELSE created END,
                lease_owner = excluded.lease_owner, lease_until = excluded.lease_until,
                status = NULL, location = '', body = x''
            WHERE (status IS NOT NULL OR lease_until <= ?5)
                AND (created <= ?7 OR (digest = excluded.digest AND status IS NULL))
            RETURNING reserved
            """,
            on: database
        )
        try query.bind(organisation.number, attempt.key.text, attempt.digest, attempt.id.text)
        try query.bind(attempt.now.milliseconds, attempt.leaseEnd, attempt.expiry)
        guard try query.step() else { return nil }
        let reserved = SendLogID(query.text(0))
        // SQLite writes the row in the first step, and the statement ends with the second one.
        _ = try query.step()
        guard let reserved else { throw StoreError.corrupted(detail: "a reserved ID is invalid") }
        return reserved
    }

    /// See ``IdempotencyStore/finishRequest(_:with:in:)``.
    public func finishRequest(
        _ attempt: IdempotencyAttempt,
        with response: StoredResponse,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await write(for: organisation) { database in
            var query = try Query(
                """
                UPDATE idempotency_keys SET status = ?, location = ?, body = ?
                WHERE organisation = ? AND key = ? AND lease_owner = ? AND status IS NULL
                """,
                on: database
            )
            try query.bind(response.status, response.location, response.body)
            try query.run(organisation.number, attempt.key.text, attempt.id.text)
        }
    }

    /// See ``IdempotencyStore/releaseRequest(_:in:)``.
    public func releaseRequest(
        _ attempt: IdempotencyAttempt,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await write(for: organisation) { database in
            let query = try Query(
                """
                UPDATE idempotency_keys SET lease_until = 0
                WHERE organisation = ? AND key = ? AND lease_owner = ? AND status IS NULL
                """,
                on: database
            )
            try query.run(organisation.number, attempt.key.text, attempt.id.text)
        }
    }

    /// Deletes a few keys at a time: each may have a long response, and other writes wait meanwhile.
    ///
    /// See ``IdempotencyStore/deleteIdempotencyKeys(before:)``.
    public func deleteIdempotencyKeys(before timestamp: Timestamp) async throws(StoreError) -> Int {
        try await write(for: .server) { database in
            let query = try Query(
                """
                DELETE FROM idempotency_keys WHERE rowid IN (SELECT rowid FROM idempotency_keys
                    INDEXED BY idempotency_keys_by_age WHERE created < ? LIMIT 20)
                """,
                on: database
            )
            try query.run(timestamp.milliseconds)
            return database.affectedRows
        }
    }
}
