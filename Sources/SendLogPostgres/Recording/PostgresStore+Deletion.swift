package import SendLogCore

extension PostgresStore: SendLogDeleter {
    /// See ``SendLogDeleter/deleteSendLogs(_:in:)``.
    package func deleteSendLogs(
        _ sequences: [SequenceNumber],
        in organisation: OrganisationID
    ) async throws(StoreError) -> Int {
        try await performLong(for: organisation) { connection in
            try connection.transaction {
                // The lock keeps the counters from changing between the deletion and their update.
                _ = try LogHead(of: organisation, on: connection, isLocked: true)
                var parameters = Parameters()
                parameters.add(organisation.number)
                parameters.add(bigints: sequences.map(\.number))
                let rows = try connection.rows(
                    """
                    DELETE FROM send_logs WHERE org_id = $1 AND seq = ANY($2)
                    RETURNING seq, campaign, start, destinations
                    """,
                    parameters
                )
                _ = try connection.rows(
                    "DELETE FROM destination_chunks WHERE org_id = $1 AND seq = ANY($2)",
                    parameters
                )
                var counters = CounterDecreases()
                for row in 0..<rows.count {
                    guard let start = Timestamp(milliseconds: rows.integer(row, 2)) else {
                        throw StoreError.corrupted(detail: "a log's start is out of range")
                    }
                    counters.add(
                        start.day,
                        SequenceNumber(rows.integer(row, 0)),
                        campaign: rows.text(row, 1),
                        destinations: try rows.count(row, 3)
                    )
                }
                try counters.write(of: organisation, on: connection)
                return rows.count
            }
        }
    }
}
