/// The schema step for searches by recipient.
extension Schema {
    /// Creates the tables of the recipient index, which follows the log, and of links to recipients, and adds the calling
    /// code of organisations.
    ///
    /// A body is neither compressed, because it is dense, nor moved out of its row, because it has at most 1,900 bytes.
    static let recipients = """
        -- calling_code: see CallingCode; empty for none.
        ALTER TABLE organisations ADD COLUMN calling_code text COLLATE "C" NOT NULL DEFAULT '';

        -- through: see RecipientIndex. last_segment: the newest ID of a segment. merges: see
        -- RecipientIndexWork.merges. Written several times a second: the space that the page keeps free lets new versions of the
        -- row stay on it.
        CREATE TABLE recipient_indexes (
            org_id bigint PRIMARY KEY,
            through bigint NOT NULL DEFAULT 0,
            last_segment bigint NOT NULL DEFAULT 0,
            merges boolean NOT NULL DEFAULT false,
            lease_owner text COLLATE "C" NOT NULL DEFAULT '',
            lease_start bigint NOT NULL DEFAULT 0,
            lease_until bigint NOT NULL DEFAULT 0
        ) WITH (fillfactor = 50);

        -- first, last: the range of sequence numbers. A segment that is not complete is not read; an indexer deletes it.
        CREATE TABLE recipient_segments (
            org_id bigint NOT NULL,
            id bigint NOT NULL,
            complete boolean NOT NULL DEFAULT false,
            level integer NOT NULL DEFAULT 0,
            first bigint NOT NULL DEFAULT 0,
            last bigint NOT NULL DEFAULT 0,
            pairs bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (org_id, id)
        );

        -- See RecipientBucket.
        CREATE TABLE recipient_buckets (
            org_id bigint NOT NULL,
            segment bigint NOT NULL,
            first_group bigint NOT NULL,
            ordinal integer NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (org_id, segment, first_group, ordinal)
        );
        ALTER TABLE recipient_buckets ALTER COLUMN body SET STORAGE EXTERNAL;

        -- See RecipientLink. recipient: as entered.
        CREATE TABLE recipient_links (
            org_id bigint NOT NULL,
            token text COLLATE "C" NOT NULL,
            recipient text COLLATE "C" NOT NULL,
            expires bigint NOT NULL,
            PRIMARY KEY (org_id, token)
        );
        CREATE UNIQUE INDEX recipient_links_recipient_key ON recipient_links (org_id, recipient);
        CREATE INDEX recipient_links_by_end ON recipient_links (expires);
        CREATE INDEX recipient_links_by_organisation ON recipient_links (org_id, expires, token)
        """
}
