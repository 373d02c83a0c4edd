import GRDB

/// The database schema as a list of migration steps; version N is the result of the first N steps.
///
/// Steps are only added, never changed.
enum Schema {
    /// The application ID of a sendlog database: "sndl" (<https://www.sqlite.org/pragma.html#pragma_application_id>).
    static let applicationID: Int32 = 0x736e_646c

    /// The newest schema version, which this program creates and supports.
    static var version: Int { steps.count }

    /// The first version with the table `wal_generation`.
    static let firstVersionWithGeneration = 9

    /// Migrates a database from one schema version to another, in the caller's transaction.
    static func migrate(_ database: Database, from version: Int, to last: Int = Schema.version) throws {
        for step in steps[version..<last] { try database.execute(sql: step) }
        try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(last)")
    }

    /// A table or an index.
    struct Object: Hashable {
        let name: String
        let table: String
        /// The `WHERE` clause of a partial index, in SQL.
        let condition: String?
    }

    /// Returns the tables and indexes of a database.
    static func objects(_ database: Database) throws -> Set<Object> {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT name, tbl_name, CASE WHEN type = 'index' AND instr(sql, ' WHERE ') > 0
                    THEN substr(sql, instr(sql, ' WHERE ')) END
                FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'
                """
        )
        return Set(rows.map { Object(name: $0[0], table: $0[1], condition: $0[2]) })
    }

    /// The migration steps.
    ///
    /// Released steps never change, so columns and SQL comments keep older words. The column `place` (in comments also
    /// `Place`) is the ``RowID``; a place in the order of recording is a ``SequenceNumber``; `NewSendLog` is
    /// ``PreparedSendLog``. Of a webhook, `told` is the cursor, `holder` is the lease owner, the lease lasts from
    /// `taken_at` to `taken_until`, and `gaps` (`WebhookGap`) are the skipped ranges; see ``SkippedRange``.
    private static let steps = [
        """
        CREATE TABLE organisations (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created INTEGER NOT NULL,
            sequence INTEGER NOT NULL DEFAULT 0,
            destinations INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE api_keys (
            id INTEGER PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisations,
            hash BLOB NOT NULL UNIQUE,
            name TEXT NOT NULL,
            permissions TEXT NOT NULL,
            created INTEGER NOT NULL,
            expires INTEGER,
            revoked INTEGER,
            last_used INTEGER
        ) STRICT;
        CREATE INDEX api_keys_by_organisation ON api_keys (organisation);

        CREATE TABLE campaigns (
            number INTEGER PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisations,
            id ANY NOT NULL,
            UNIQUE (organisation, id)
        ) STRICT;

        -- place: the organisation and the place in the order of recording, see Place.
        -- start: milliseconds since 1970. digest: see ContentDigest. record: see NewSendLog.record.
        CREATE TABLE send_logs (
            place INTEGER PRIMARY KEY,
            organisation INTEGER NOT NULL,
            id ANY NOT NULL,
            campaign INTEGER NOT NULL,
            start INTEGER NOT NULL,
            destinations INTEGER NOT NULL,
            digest BLOB NOT NULL,
            record BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX send_logs_by_id ON send_logs (organisation, id);
        CREATE INDEX send_logs_by_start ON send_logs (organisation, start);
        CREATE INDEX send_logs_by_campaign ON send_logs (campaign, start);

        CREATE TABLE destination_chunks (
            place INTEGER NOT NULL,
            number INTEGER NOT NULL,
            count INTEGER NOT NULL,
            length INTEGER NOT NULL,
            crc INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (place, number)
        ) STRICT, WITHOUT ROWID;

        -- day: days since 1970 in UTC. block: see CounterBlock.
        CREATE TABLE organisation_days (
            organisation INTEGER NOT NULL,
            day INTEGER NOT NULL,
            block INTEGER NOT NULL,
            sends INTEGER NOT NULL,
            destinations INTEGER NOT NULL,
            PRIMARY KEY (organisation, day, block)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE campaign_days (
            campaign INTEGER NOT NULL,
            day INTEGER NOT NULL,
            block INTEGER NOT NULL,
            sends INTEGER NOT NULL,
            destinations INTEGER NOT NULL,
            PRIMARY KEY (campaign, day, block)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        ALTER TABLE campaigns ADD COLUMN name TEXT;
        CREATE INDEX campaigns_named ON campaigns (organisation, id) WHERE name IS NOT NULL;
        -- hash: SHA-256 of the token that a browser holds.
        CREATE TABLE sessions (
            hash BLOB PRIMARY KEY,
            key INTEGER NOT NULL,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """,
        """
        -- definition: WebhookDefinition as JSON. secrets: see WebhookSecret. told: the last place in the order of
        -- recording that was told. holder: the worker that took it at taken_at, and has it until taken_until.
        CREATE TABLE webhooks (
            organisation INTEGER NOT NULL REFERENCES organisations,
            id TEXT NOT NULL,
            definition TEXT NOT NULL,
            secrets TEXT NOT NULL,
            version INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            active INTEGER NOT NULL,
            told INTEGER NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            held_until INTEGER,
            paused INTEGER,
            pause_reason TEXT,
            holder TEXT,
            taken_at INTEGER NOT NULL DEFAULT 0,
            taken_until INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (organisation, id)
        ) STRICT;

        -- sequence: the send's place in the order of recording. test: 0, or when a test was made. state: see Delivery.State.
        -- attempts: the last DeliveryAttempts as JSON.
        CREATE TABLE webhook_deliveries (
            organisation INTEGER NOT NULL,
            webhook TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            test INTEGER NOT NULL,
            send TEXT NOT NULL,
            created INTEGER NOT NULL,
            state TEXT NOT NULL,
            next_try INTEGER,
            tries INTEGER NOT NULL,
            attempts TEXT NOT NULL,
            PRIMARY KEY (organisation, webhook, sequence, test)
        ) STRICT;
        CREATE INDEX webhook_deliveries_due ON webhook_deliveries (organisation, webhook, next_try) WHERE next_try IS NOT NULL;
        CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (organisation, webhook, state, sequence, test) WHERE state <> 'delivered';
        CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created);
        """,
        """
        -- gaps: see WebhookGap.
        ALTER TABLE webhooks ADD COLUMN gaps TEXT NOT NULL DEFAULT '';
        """,
        """
        -- slow: see WebhookProgress.slowness. started: see StartedAttempts.
        ALTER TABLE webhooks ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE webhooks ADD COLUMN started TEXT NOT NULL DEFAULT '';
        """,
        """
        CREATE INDEX sessions_by_end ON sessions (expires);
        """,
        """
        -- deleted: the number of sequence numbers whose send logs were deleted, see LogHead.
        ALTER TABLE organisations ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
        """,
        """
        -- digest, reserved, lease_owner: see IdempotencyAttempt. status: NULL while the request is in progress. location and
        -- body: see StoredResponse.
        CREATE TABLE idempotency_keys (
            organisation INTEGER NOT NULL,
            key TEXT NOT NULL,
            digest BLOB NOT NULL,
            reserved TEXT NOT NULL,
            created INTEGER NOT NULL,
            lease_owner TEXT NOT NULL,
            lease_until INTEGER NOT NULL,
            status INTEGER,
            location TEXT NOT NULL DEFAULT '',
            body BLOB NOT NULL DEFAULT x'',
            PRIMARY KEY (organisation, key)
        ) STRICT;
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created);
        """,
        """
        -- See WALGeneration.
        CREATE TABLE wal_generation (
            mark TEXT NOT NULL,
            previous BLOB NOT NULL,
            current BLOB NOT NULL
        ) STRICT;
        INSERT INTO wal_generation VALUES ('sendlog-wal-mark', zeroblob(16), randomblob(16));
        """,
        """
        -- replays: see ReplayRange.
        ALTER TABLE webhooks ADD COLUMN replays TEXT NOT NULL DEFAULT '';
        -- sequence: the newest sequence number at a time, see RecordingTime.
        CREATE TABLE recording_times (
            organisation INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (organisation, sequence)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO recording_times SELECT id, sequence, CAST(strftime('%s', 'now') AS INTEGER) * 1000 FROM organisations;
        """,
        """
        -- calling_code: see Organisation.callingCode.
        ALTER TABLE organisations ADD COLUMN calling_code TEXT;
        -- through: see RecipientIndex.through. has_merges: see RecipientIndexWork.merges.
        CREATE TABLE recipient_indexes (
            organisation INTEGER PRIMARY KEY REFERENCES organisations,
            through INTEGER NOT NULL DEFAULT 0,
            next_segment INTEGER NOT NULL DEFAULT 1,
            has_merges INTEGER NOT NULL DEFAULT 0,
            lease_owner TEXT NOT NULL DEFAULT '',
            lease_start INTEGER NOT NULL DEFAULT 0,
            lease_end INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        -- state: see RecipientRows.State. first, last: the range of sequence numbers.
        CREATE TABLE recipient_segments (
            organisation INTEGER NOT NULL,
            id INTEGER NOT NULL,
            state INTEGER NOT NULL,
            level INTEGER NOT NULL DEFAULT 0,
            first INTEGER NOT NULL DEFAULT 0,
            last INTEGER NOT NULL DEFAULT 0,
            pairs INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (organisation, id)
        ) STRICT, WITHOUT ROWID;
        -- See RecipientBucket. With row IDs: WITHOUT ROWID would keep most of each body on a page of its own.
        CREATE TABLE recipient_buckets (
            organisation INTEGER NOT NULL,
            segment INTEGER NOT NULL,
            first_group INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (organisation, segment, first_group, ordinal)
        ) STRICT;
        -- See RecipientLink. recipient: as entered.
        CREATE TABLE recipient_links (
            organisation INTEGER NOT NULL,
            token TEXT NOT NULL,
            recipient TEXT NOT NULL,
            expires INTEGER NOT NULL,
            PRIMARY KEY (organisation, token)
        ) STRICT;
        CREATE UNIQUE INDEX recipient_links_by_recipient ON recipient_links (organisation, recipient);
        CREATE INDEX recipient_links_by_end ON recipient_links (expires);
        CREATE INDEX recipient_links_by_organisation ON recipient_links (organisation, expires);
        """,
    ]
}
