/// The schema step for requests with an idempotency key.
extension Schema {
    /// Creates the table of idempotency keys.
    static let idempotency = """
        -- digest, reserved, lease_owner: see IdempotencyAttempt. status: NULL while the request is in progress. location and
        -- body: see StoredResponse.
        CREATE TABLE idempotency_keys (
            org_id bigint NOT NULL,
            key text COLLATE "C" NOT NULL,
            digest bytea NOT NULL,
            reserved text COLLATE "C" NOT NULL,
            created bigint NOT NULL,
            lease_owner text COLLATE "C" NOT NULL,
            lease_until bigint NOT NULL,
            status bigint,
            location text COLLATE "C" NOT NULL DEFAULT '',
            body bytea NOT NULL DEFAULT '',
            PRIMARY KEY (org_id, key)
        );
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created)
        """
}
