public import SendLogCore
import SendLogScheduling

/// Samples the times of recording, and finds the samples around a time.
extension PostgresStore: RecordingTimeStore {
    /// The largest number of organisations that are sampled in one call.
    private static let maxSampled = 200
    /// The largest number of samples of an organisation that are deleted with a new one.
    private static let maxDeleted = 10

    /// Finds the organisations, then samples them one by one, each on one Citus node.
    ///
    /// See ``RecordingTimeStore/sampleRecordingTimes(keepingFrom:now:)``.
    public func sampleRecordingTimes(
        keepingFrom oldest: Timestamp,
        now: @escaping @Sendable () -> Timestamp
    ) async throws(StoreError) -> Int {
        let unsampled = try await fanOut(.long) { connection, scope in
            let time = now().milliseconds
            var parameters = Parameters(time - RecordingTime.interval, time + RecordingTime.interval, Self.maxSampled)
            scope.add(to: &parameters)
            let rows = try connection.rows(Self.unsampledSQL(scope), parameters)
            return (0..<rows.count).map { rows.integer($0, 0) }
        }
        let organisations = unsampled.values.joined().map { (key: $0, value: ()) }
        return try await sum(over: organisations, after: unsampled.failure) { (organisation, _) throws(StoreError) in
            try await performShort(for: organisation) { connection in
                let organisation = organisation.number
                let sample = Parameters(organisation, now().milliseconds)
                _ = try connection.rows(
                    """
                    INSERT INTO recording_times (org_id, sequence, at)
                    SELECT org_id, sequence, $2 FROM organisation_heads WHERE org_id = $1
                    ON CONFLICT (org_id, sequence) DO NOTHING
                    """,
                    sample
                )
                let deletion = Parameters(organisation, Self.maxDeleted + 1, oldest.milliseconds)
                _ = try connection.rows(
                    """
                    DELETE FROM recording_times WHERE org_id = $1 AND sequence IN (
                        SELECT sequence FROM (
                            SELECT sequence, at, lead(at) OVER (ORDER BY sequence) AS next FROM (
                                SELECT sequence, at FROM recording_times WHERE org_id = $1 ORDER BY sequence LIMIT $2
                            ) first
                        ) pairs WHERE at <= next AND next < $3
                    )
                    """,
                    deletion
                )
                return 1
            }
        }
    }

    private static func unsampledSQL(_ scope: OrganisationScope) -> String {
        """
        SELECT h.org_id FROM organisation_heads h LEFT JOIN (
            SELECT org_id, max(sequence) AS sequence FROM recording_times
            WHERE \(scope.condition("org_id", parameter: 4)) GROUP BY org_id
        ) l ON l.org_id = h.org_id
        LEFT JOIN recording_times t ON t.org_id = h.org_id AND t.sequence = l.sequence
            AND \(scope.condition("t.org_id", parameter: 4))
        WHERE \(scope.condition("h.org_id", parameter: 4))
            AND (t.sequence IS NULL OR t.sequence < h.sequence AND t.at NOT BETWEEN $1 AND $2) LIMIT $3
        """
    }

    /// See ``RecordingTimeStore/recordingTimes(in:after:limit:)``.
    public func recordingTimes(
        in organisation: OrganisationID,
        after sequence: SequenceNumber,
        limit: Int
    ) async throws(StoreError) -> [RecordingTime] {
        try await performShort(for: organisation) { connection in
            let parameters = Parameters(organisation.number, sequence.number, limit)
            let rows = try connection.rows(
                "SELECT sequence, at FROM recording_times WHERE org_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
                parameters
            )
            return try (0..<rows.count).map { try Self.recordingTime(rows, $0) }
        }
    }

    private static func recordingTime(_ rows: Rows, _ row: Int) throws(StoreError) -> RecordingTime {
        try RecordingTime(storedSequence: rows.integer(row, 0), at: rows.integer(row, 1))
    }

    /// See ``RecordingTimeStore/lastRecordingTime(before:in:)``.
    public func lastRecordingTime(
        before time: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecordingTime? {
        try await recordingTime(
            """
            SELECT sequence, at FROM recording_times WHERE org_id = $1 AND sequence < coalesce((
                SELECT sequence FROM recording_times WHERE org_id = $1 AND at >= $2 ORDER BY sequence LIMIT 1
            ), \(Int64.max)) ORDER BY at DESC, sequence DESC LIMIT 1
            """,
            time,
            in: organisation
        )
    }

    /// See ``RecordingTimeStore/firstRecordingTime(after:in:)``.
    public func firstRecordingTime(
        after time: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecordingTime? {
        try await recordingTime(
            """
            SELECT sequence, at FROM recording_times WHERE org_id = $1 AND sequence > coalesce((
                SELECT sequence FROM recording_times WHERE org_id = $1 AND at <= $2 ORDER BY sequence DESC LIMIT 1
            ), -1) ORDER BY at, sequence LIMIT 1
            """,
            time,
            in: organisation
        )
    }

    private func recordingTime(
        _ sql: String,
        _ time: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecordingTime? {
        try await performLong(for: organisation) { connection in
            let parameters = Parameters(organisation.number, time.milliseconds)
            let rows = try connection.rows(sql, parameters)
            return rows.count == 0 ? nil : try Self.recordingTime(rows, 0)
        }
    }

    /// See ``RecordingTimeStore/addRecordingTimes(_:in:)``.
    public func addRecordingTimes(
        _ times: [RecordingTime],
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await performShort(for: organisation) { connection in
            for time in times {
                let parameters = Parameters(organisation.number, time.sequence.number, time.at.milliseconds)
                _ = try connection.rows(
                    """
                    INSERT INTO recording_times (org_id, sequence, at) VALUES ($1, $2, $3)
                    ON CONFLICT (org_id, sequence) DO UPDATE SET at = excluded.at
                    """,
                    parameters
                )
            }
        }
    }
}
