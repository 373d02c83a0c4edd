public import SendLogCore

/// Deletes send logs, and subtracts them from the counters in the same transaction.
extension SQLiteStore: SendLogDeleter {
    /// See ``SendLogDeleter/deleteSendLogs(_:in:)``.
    public func deleteSendLogs(
        _ sequences: [SequenceNumber],
        in organisation: OrganisationID
    ) async throws(StoreError) -> Int {
        try await write(for: organisation) { database in
            var (derived, deleted) = (DerivedChanges(), CounterChanges<Int64>.Count())
            for sequence in sequences {
                guard let change = try Self.deleteRow(of: sequence, in: organisation, on: database) else { continue }
                let query = try Query("DELETE FROM destination_chunks WHERE place = ?", on: database)
                try query.run(RowID(organisation, sequence).rawValue)
                derived.add(change)
                deleted.add(change)
            }
            try derived.write(on: database)
            let query = try Query(
                "UPDATE organisations SET deleted = deleted - ?, destinations = destinations + ? WHERE id = ?",
                on: database
            )
            try query.run(deleted.sends, deleted.destinations, organisation.number)
            return -deleted.sends
        }
    }

    /// Deletes the row of a log.
    ///
    /// - Returns: the change; `nil` if there is no such log.
    private static func deleteRow(
        of sequence: SequenceNumber,
        in organisation: OrganisationID,
        on database: Connection
    ) throws -> LogChange<Int64>? {
        var query = try Query(
            "DELETE FROM send_logs WHERE place = ? RETURNING campaign, start, destinations",
            on: database
        )
        try query.bind(RowID(organisation, sequence).rawValue)
        guard try query.step() else { return nil }
        let change = try LogChange(
            deleting: sequence,
            of: query.integer(0),
            start: query.integer(1),
            destinations: try query.count(2),
            in: organisation
        )
        // SQLite deletes the row in the first step, and the statement ends with the second one.
        _ = try query.step()
        return change
    }
}
