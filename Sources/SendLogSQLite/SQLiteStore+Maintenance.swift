import GRDB
public import SendLogCore
import SendLogScheduling

/// Checks the database for operators, and reads send logs in order for copies.
extension SQLiteStore: Maintenance {
    /// See ``Maintenance/check(progress:)``.
    public func check(
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreError) -> [String] {
        try await readers.scan(for: .server) { database in
            var check = DatabaseCheck(database: database)
            do {
                try check.run(progress: progress)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
                return check.findings + ["SQLite: \(error.message ?? "the file is damaged"); restore it from a backup"]
            }
            return check.findings
        }
    }

    /// See ``LogReader/sendLogs(after:in:limit:)``.
    public func sendLogs(
        after sequence: SequenceNumber,
        in organisation: OrganisationID,
        limit: Int
    ) async throws(StoreError) -> SendLogBatch {
        try await readers.scan(for: organisation) { database in
            let head = try LogHead(of: organisation, on: database).lastSequence
            var query = try Query(
                """
                SELECT place, destinations, record, digest FROM send_logs
                WHERE place > ? AND place < ? ORDER BY place LIMIT ?
                """,
                on: database
            )
            try query.bind(RowID(organisation, sequence).rawValue)
            try query.bind(RowID(OrganisationID(organisation.number + 1), SequenceNumber(0)).rawValue, limit)
            var logs: [StoredSendLog] = []
            while try query.step() {
                logs.append(
                    StoredSendLog(
                        sequence: RowID(rawValue: query.integer(0)).sequence,
                        record: query.bytes(2),
                        destinations: try query.count(1),
                        digest: query.bytes(3)
                    )
                )
            }
            return SendLogBatch(logs, limit: limit, head: head)
        }
    }

    /// See ``Maintenance/raiseHead(to:in:)``.
    public func raiseHead(to sequence: SequenceNumber, in organisation: OrganisationID) async throws(StoreError) {
        try await write(for: organisation) { database in
            let query = try Query(
                """
                UPDATE organisations SET deleted = deleted + (? - sequence), sequence = ?
                WHERE id = ? AND sequence < ?
                """,
                on: database
            )
            try query.run(sequence.number, sequence.number, organisation.number, sequence.number)
        }
    }
}
