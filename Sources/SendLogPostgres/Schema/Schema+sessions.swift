/// The part of schema step 11 that creates the table of the console's sessions.
extension Schema {
    /// Creates the table of sessions, with each session on its organisation's node.
    ///
    /// The table `sessions` of step 2 is on every Citus node, so that a sign-in needs all of them. It stays for the
    /// sessions that servers of earlier versions create.
    static let sessions = """
        -- hash: SHA-256 of the token that a browser holds.
        CREATE TABLE console_sessions (
            org_id bigint NOT NULL,
            hash bytea NOT NULL,
            key_id bigint NOT NULL,
            expires bigint NOT NULL,
            PRIMARY KEY (org_id, hash)
        );
        CREATE INDEX console_sessions_by_end ON console_sessions (org_id, expires);
        """
}
