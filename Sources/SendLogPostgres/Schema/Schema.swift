/// The tables, as a list of migration steps: the first N steps create version N.
///
/// Steps are only added, never changed. Except in the ``referenceTables``, every primary key begins with `org_id`, so
/// that Citus can distribute the table by it.
struct Schema {
    /// A migration from one version to the next.
    struct Step {
        let sql: String
        /// The oldest schema version whose programs can use the tables after this step.
        ///
        /// Servers of that version keep running while newer ones start.
        let oldestCompatible: Int
    }

    let steps: [Step]

    /// The schema version after all steps.
    var version: Int { steps.count }

    /// The tables that Citus copies to every node.
    static let referenceTables = ["sendlog_schema", "organisations", "api_keys", "sessions"]

    /// The tables that Citus distributes over the nodes by `org_id`; all are colocated with the first.
    static let distributedTables =
        [
            "organisation_heads", "send_logs", "destination_chunks", "campaign_names", "webhooks", "webhook_deliveries",
            "idempotency_keys", "recording_times", "recipient_links", "console_sessions", serverLeaseTable,
        ] + DerivedChanges.kinds.flatMap { $0.tables }

    /// The schema of this program.
    ///
    /// Released steps never change, so their SQL comments keep older words: a place in the order of recording is a
    /// ``SequenceNumber``, and `NewSendLog` is ``PreparedSendLog``. For the columns of webhooks, see ``webhooks``.
    static let current = Schema(steps: [
        Step(sql: tables + recording, oldestCompatible: 1), Step(sql: console, oldestCompatible: 1),
        Step(sql: webhooks, oldestCompatible: 1),
        Step(sql: webhookGaps, oldestCompatible: 1), Step(sql: webhookHealth, oldestCompatible: 1),
        Step(sql: "CREATE INDEX sessions_by_end ON sessions (expires)", oldestCompatible: 1),
        Step(sql: deletion, oldestCompatible: 1), Step(sql: idempotency, oldestCompatible: 1),
        Step(sql: replays, oldestCompatible: 1), Step(sql: recipients, oldestCompatible: 1),
        Step(sql: sessions + serverLeases + recordingWithLockTimeout, oldestCompatible: 1),
    ])

    /// Creates the table of the schema version, which exists before the first step.
    static let versionTable = """
        CREATE TABLE IF NOT EXISTS sendlog_schema (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            version integer NOT NULL,
            oldest integer NOT NULL
        )
        """

    private static let tables = """
        CREATE TABLE organisations (
            org_id bigint PRIMARY KEY,
            name text COLLATE "C" NOT NULL UNIQUE,
            created bigint NOT NULL
        );
        CREATE TABLE api_keys (
            key_id bigint PRIMARY KEY,
            org_id bigint NOT NULL,
            hash bytea NOT NULL UNIQUE,
            name text NOT NULL,
            permissions text NOT NULL,
            created bigint NOT NULL,
            expires bigint,
            revoked bigint,
            last_used bigint
        );
        CREATE INDEX api_keys_by_organisation ON api_keys (org_id, key_id);

        -- The last place in the order of recording, and the sum of destinations. Written with every commit: the room that the
        -- page keeps free lets new versions of the row stay on it.
        CREATE TABLE organisation_heads (
            org_id bigint PRIMARY KEY,
            sequence bigint NOT NULL,
            destinations bigint NOT NULL
        ) WITH (fillfactor = 10);

        -- seq: the place in the order of recording. start: milliseconds since 1970. digest: see ContentDigest.
        -- record: see NewSendLog.record.
        CREATE TABLE send_logs (
            org_id bigint NOT NULL,
            seq bigint NOT NULL,
            start bigint NOT NULL,
            destinations integer NOT NULL,
            id text COLLATE "C" NOT NULL,
            campaign text COLLATE "C" NOT NULL,
            digest bytea NOT NULL,
            record bytea NOT NULL,
            PRIMARY KEY (org_id, seq)
        );
        CREATE UNIQUE INDEX send_logs_by_id ON send_logs (org_id, id);
        CREATE INDEX send_logs_by_start ON send_logs (org_id, start, seq);
        CREATE INDEX send_logs_by_campaign ON send_logs (org_id, campaign, start, seq);

        -- body: compressed already. A negative seq is that of a log that is just being recorded.
        CREATE TABLE destination_chunks (
            org_id bigint NOT NULL,
            seq bigint NOT NULL,
            number integer NOT NULL,
            count integer NOT NULL,
            length integer NOT NULL,
            crc bigint NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (org_id, seq, number)
        );
        ALTER TABLE destination_chunks ALTER COLUMN body SET STORAGE EXTERNAL;

        -- day: days since 1970 in UTC. block: see CounterBlock.
        CREATE TABLE organisation_days (
            org_id bigint NOT NULL,
            day integer NOT NULL,
            block integer NOT NULL,
            sends bigint NOT NULL,
            destinations bigint NOT NULL,
            PRIMARY KEY (org_id, day, block)
        ) WITH (fillfactor = 70);
        CREATE TABLE campaign_days (
            org_id bigint NOT NULL,
            campaign text COLLATE "C" NOT NULL,
            day integer NOT NULL,
            block integer NOT NULL,
            sends bigint NOT NULL,
            destinations bigint NOT NULL,
            PRIMARY KEY (org_id, campaign, day, block)
        ) WITH (fillfactor = 70);

        """

    private static let console = """
        CREATE TABLE campaign_names (
            org_id bigint NOT NULL,
            campaign text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            PRIMARY KEY (org_id, campaign)
        );
        -- hash: SHA-256 of the token that a browser holds.
        CREATE TABLE sessions (
            hash bytea PRIMARY KEY,
            key_id bigint NOT NULL,
            expires bigint NOT NULL
        )
        """
}
