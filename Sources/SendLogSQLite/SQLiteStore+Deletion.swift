package import SendLogCore

extension SQLiteStore: SendLogDeleter {
    /// See ``SendLogDeleter/deleteSendLogs(_:in:)``.
    package func deleteSendLogs(
        _ sequences: [SequenceNumber],
        in organisation: OrganisationID
    ) async throws(StoreError) -> Int {
        try await write(for: organisation) { database in
            var (counters, deleted) = (CounterChanges(), CounterChanges.Count())
            for sequence in sequences {
                guard let log = try Self.deleteRow(RowID(organisation, sequence), on: database) else { continue }
                var query = try Query("DELETE FROM destination_chunks WHERE place = ?", on: database)
                try query.bind(RowID(organisation, sequence).rawValue)
                try query.run()
                let count = CounterChanges.Count(sends: -1, destinations: -log.destinations)
                counters.add(count, on: log.day, sequence, of: log.campaign, in: organisation)
                deleted += count
            }
            try counters.write(on: database)
            var query = try Query(
                "UPDATE organisations SET deleted = deleted - ?, destinations = destinations + ? WHERE id = ?",
                on: database
            )
            try query.bind(deleted.sends)
            try query.bind(deleted.destinations)
            try query.bind(organisation.number)
            try query.run()
            return -deleted.sends
        }
    }

    /// Deletes the row of a log.
    ///
    /// - Returns: what the counters count of it; `nil` if there is no such log.
    private static func deleteRow(
        _ rowID: RowID,
        on database: Connection
    ) throws -> (campaign: Int64, day: Day, destinations: Int)? {
        var query = try Query(
            "DELETE FROM send_logs WHERE place = ? RETURNING campaign, start, destinations",
            on: database
        )
        try query.bind(rowID.rawValue)
        guard try query.step() else { return nil }
        guard let start = Timestamp(milliseconds: query.integer(1)) else {
            throw StoreError.corrupted(detail: "a log's start is out of range")
        }
        let log = (query.integer(0), start.day, try query.count(2))
        // SQLite deletes the row in the first step, and the statement ends with the second one.
        _ = try query.step()
        return log
    }
}
