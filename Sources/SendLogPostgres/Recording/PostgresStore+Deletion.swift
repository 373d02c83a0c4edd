public import SendLogCore

/// Deletes send logs, and subtracts them from the counters in the same transaction.
extension PostgresStore: SendLogDeleter {
    /// See ``SendLogDeleter/deleteSendLogs(_:in:)``.
    public func deleteSendLogs(
        _ sequences: [SequenceNumber],
        in organisation: OrganisationID
    ) async throws(StoreError) -> Int {
        try await performLong(for: organisation) { connection in
            try connection.transaction {
                // The lock keeps the counters from changing between the deletion and their update.
                _ = try LogHead(of: organisation, on: connection, isLocked: true)
                let parameters = Parameters(organisation.number, sequences.map(\.number))
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
                var (derived, deleted) = (DerivedChanges(), CounterChanges<String>.Count())
                for row in 0..<rows.count {
                    let change = try LogChange(
                        deleting: SequenceNumber(rows.integer(row, 0)),
                        of: rows.text(row, 1),
                        start: rows.integer(row, 2),
                        destinations: try rows.count(row, 3),
                        in: organisation
                    )
                    derived.add(change)
                    deleted.add(change)
                }
                try derived.write(of: organisation, on: connection)
                let counts = Parameters(organisation.number, deleted.sends, deleted.destinations)
                _ = try connection.rows(
                    """
                    UPDATE organisation_heads SET deleted = deleted - $2, destinations = destinations + $3
                    WHERE org_id = $1
                    """,
                    counts
                )
                return rows.count
            }
        }
    }
}
