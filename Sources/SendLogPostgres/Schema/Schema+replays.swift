/// The schema step for replays of past sends.
extension Schema {
    /// Adds the replays of webhooks, and the samples by which times of recording become sequence numbers.
    static let replays = """
        -- replays: see ReplayRange.
        ALTER TABLE webhooks ADD COLUMN replays text COLLATE "C" NOT NULL DEFAULT '';
        -- sequence: the newest sequence number at a time, see RecordingTime.
        CREATE TABLE recording_times (
            org_id bigint NOT NULL,
            sequence bigint NOT NULL,
            at bigint NOT NULL,
            PRIMARY KEY (org_id, sequence)
        );
        INSERT INTO recording_times (org_id, sequence, at)
            SELECT org_id, sequence, floor(extract(epoch FROM now()) * 1000)::bigint FROM organisation_heads
        """
}
