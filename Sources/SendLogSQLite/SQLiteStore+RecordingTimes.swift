public import SendLogCore
import SendLogScheduling

/// Samples the times of recording, and finds the samples around a time.
extension SQLiteStore: RecordingTimeStore {
    /// The largest number of organisations that are sampled in one transaction.
    private static let maxSampled = 200
    /// The largest number of samples of an organisation that are deleted with a new one.
    private static let maxDeleted = 10

    /// See ``RecordingTimeStore/sampleRecordingTimes(keepingFrom:now:)``.
    public func sampleRecordingTimes(
        keepingFrom oldest: Timestamp,
        now: @escaping @Sendable () -> Timestamp
    ) async throws(StoreError) -> Int {
        let organisations = try await readers.scan(for: .server) { database in
            var query = try Query(
                """
                SELECT o.id FROM organisations o LEFT JOIN recording_times t ON t.organisation = o.id
                    AND t.sequence = (SELECT max(sequence) FROM recording_times WHERE organisation = o.id)
                WHERE t.sequence IS NULL OR t.sequence < o.sequence AND t.at NOT BETWEEN ? AND ? LIMIT ?
                """,
                on: database
            )
            let time = now().milliseconds
            try query.bind(time - RecordingTime.interval, time + RecordingTime.interval, Self.maxSampled)
            var found: [Int64] = []
            while try query.step() { found.append(query.integer(0)) }
            return found
        }
        if organisations.isEmpty { return 0 }
        return try await write(for: .server) { database in
            for organisation in organisations {
                let sample = try Query(
                    "INSERT OR IGNORE INTO recording_times SELECT id, sequence, ? FROM organisations WHERE id = ?",
                    on: database
                )
                try sample.run(now().milliseconds, organisation)
                let deletion = try Query(
                    """
                    DELETE FROM recording_times WHERE organisation = ?1 AND sequence IN (
                        SELECT sequence FROM (
                            SELECT sequence, at, lead(at) OVER (ORDER BY sequence) AS next FROM (
                                SELECT sequence, at FROM recording_times WHERE organisation = ?1 ORDER BY sequence LIMIT ?2
                            )
                        ) WHERE at <= next AND next < ?3
                    )
                    """,
                    on: database
                )
                try deletion.run(organisation, Self.maxDeleted + 1, oldest.milliseconds)
            }
            return organisations.count
        }
    }

    /// See ``RecordingTimeStore/recordingTimes(in:after:limit:)``.
    public func recordingTimes(
        in organisation: OrganisationID,
        after sequence: SequenceNumber,
        limit: Int
    ) async throws(StoreError) -> [RecordingTime] {
        try await readers.scan(for: organisation) { database in
            var query = try Query(
                """
                SELECT sequence, at FROM recording_times WHERE organisation = ? AND sequence > ? ORDER BY sequence LIMIT ?
                """,
                on: database
            )
            try query.bind(organisation.number, sequence.number, limit)
            var times: [RecordingTime] = []
            while try query.step() {
                times.append(try RecordingTime(storedSequence: query.integer(0), at: query.integer(1)))
            }
            return times
        }
    }

    /// See ``RecordingTimeStore/lastRecordingTime(before:in:)``.
    public func lastRecordingTime(
        before time: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecordingTime? {
        try await recordingTime(
            """
            SELECT sequence, at FROM recording_times WHERE organisation = ?1 AND sequence < ifnull((
                SELECT sequence FROM recording_times WHERE organisation = ?1 AND at >= ?2 ORDER BY sequence LIMIT 1
            ), 9223372036854775807) ORDER BY at DESC, sequence DESC LIMIT 1
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
            SELECT sequence, at FROM recording_times WHERE organisation = ?1 AND sequence > ifnull((
                SELECT sequence FROM recording_times WHERE organisation = ?1 AND at <= ?2 ORDER BY sequence DESC LIMIT 1
            ), -1) ORDER BY at, sequence LIMIT 1
            """,
            time,
            in: organisation
        )
    }

    private func recordingTime(
        _ sql: StaticString,
        _ time: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecordingTime? {
        try await readers.scan(for: organisation) { database in
            var query = try Query(sql, on: database)
            try query.bind(organisation.number, time.milliseconds)
            guard try query.step() else { return nil }
            return try RecordingTime(storedSequence: query.integer(0), at: query.integer(1))
        }
    }

    /// See ``RecordingTimeStore/addRecordingTimes(_:in:)``.
    public func addRecordingTimes(
        _ times: [RecordingTime],
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await write(for: organisation) { database in
            for time in times {
                let query = try Query("INSERT OR REPLACE INTO recording_times VALUES (?, ?, ?)", on: database)
                try query.run(organisation.number, time.sequence.number, time.at.milliseconds)
            }
        }
    }
}
