import SendLogCore

/// Reads the logs of several requests together, by id.
enum ReadingGroup {
    /// The size at which a group is complete.
    static let maxGroup = (items: 64, weight: 64)

    /// Attempts to read logs of one organisation by id.
    ///
    /// - Returns: the log of each id; `nil` if there is none.
    static func read(
        _ ids: [SendLogID],
        in organisation: OrganisationID,
        on thread: PoolThread,
        _ attempts: inout Attempts,
        within statementTimeout: Duration
    ) -> PoolThread.Outcome<[StoredSendLog?]> {
        thread.attempt(for: organisation, &attempts, within: statementTimeout) { connection in
            var parameters = Parameters(organisation.number)
            guard ids.count > 1 else {
                parameters.add(ids[0].text)
                let rows = try connection.rows(
                    "SELECT seq, destinations, record, digest FROM send_logs WHERE org_id = $1 AND id = $2",
                    parameters
                )
                return [rows.count > 0 ? log(rows, 0) : nil]
            }
            parameters.add(ids.map(\.text))
            let rows = try connection.rows(
                "SELECT seq, destinations, record, digest, id FROM send_logs WHERE org_id = $1 AND id = ANY($2)",
                parameters
            )
            var found: [String: Int] = [:]
            for row in 0..<rows.count { found[rows.text(row, 4)] = row }
            return ids.map { id in found[id.text].map { log(rows, $0) } }
        }
    }

    private static func log(_ rows: Rows, _ row: Int) -> StoredSendLog {
        StoredSendLog(
            sequence: SequenceNumber(rows.integer(row, 0)),
            record: rows.bytes(row, 2),
            // One damaged row must not fail the others of the group.
            destinations: Int(rows.integer(row, 1)),
            digest: rows.bytes(row, 3)
        )
    }
}
