/// The schema steps for webhooks and their deliveries.
extension Schema {
    /// Creates the tables of webhooks and deliveries.
    ///
    /// Released steps never change, so columns and SQL comments keep older words: `told` is the cursor, a
    /// ``SequenceNumber``, as is each place in the order of recording; `holder` is the lease owner, and the lease lasts
    /// from `taken_at` to `taken_until`; ``webhookGaps`` adds `gaps`, the skipped ranges.
    static let webhooks = """
        -- definition: WebhookDefinition as JSON. secrets: see WebhookSecret. told: the last place in the order of recording that
        -- was told. holder: the worker that took it at taken_at, and has it until taken_until. Written several times a second, and
        -- nothing of that is in an index: the room that the page keeps free lets new versions of the row stay on it.
        CREATE TABLE webhooks (
            org_id bigint NOT NULL,
            id text COLLATE "C" NOT NULL,
            definition text COLLATE "C" NOT NULL,
            secrets text COLLATE "C" NOT NULL,
            version bigint NOT NULL,
            created bigint NOT NULL,
            updated bigint NOT NULL,
            active boolean NOT NULL,
            told bigint NOT NULL,
            failures bigint NOT NULL DEFAULT 0,
            failing_since bigint,
            held_until bigint,
            paused bigint,
            pause_reason text COLLATE "C" NOT NULL DEFAULT '',
            holder text COLLATE "C" NOT NULL DEFAULT '',
            taken_at bigint NOT NULL DEFAULT 0,
            taken_until bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (org_id, id)
        ) WITH (fillfactor = 50);

        -- seq: the send's place in the order of recording. test: 0, or when a test was made. state: see Delivery.State.
        -- attempts: the last DeliveryAttempts as JSON.
        CREATE TABLE webhook_deliveries (
            org_id bigint NOT NULL,
            webhook text COLLATE "C" NOT NULL,
            seq bigint NOT NULL,
            test bigint NOT NULL,
            send text COLLATE "C" NOT NULL,
            created bigint NOT NULL,
            state text COLLATE "C" NOT NULL,
            next_try bigint,
            tries bigint NOT NULL,
            attempts text COLLATE "C" NOT NULL,
            PRIMARY KEY (org_id, webhook, seq, test)
        );
        CREATE INDEX webhook_deliveries_due ON webhook_deliveries (org_id, webhook, next_try, seq, test)
            WHERE next_try IS NOT NULL;
        CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (org_id, webhook, state, seq, test)
            WHERE state <> 'delivered';
        CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created) WHERE next_try IS NULL
        """

    /// Adds the skipped ranges: the logs recorded while a webhook was not active, which it does not deliver.
    ///
    /// See ``SkippedRange``.
    static let webhookGaps = """
        ALTER TABLE webhooks ADD COLUMN gaps text NOT NULL DEFAULT ''
        """

    /// Adds the columns that keep one webhook from delaying others.
    ///
    /// See ``WebhookProgress/slowness`` and ``StartedAttempts``.
    static let webhookHealth = """
        ALTER TABLE webhooks ADD COLUMN slow bigint NOT NULL DEFAULT 0,
            ADD COLUMN started text COLLATE "C" NOT NULL DEFAULT ''
        """
}
