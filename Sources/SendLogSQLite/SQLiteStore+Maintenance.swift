import GRDB
public import SendLogCore
import SendLogScheduling

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Checks and backs up the database for operators, and reads send logs in order for copies.
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

    /// See ``Maintenance/backUp(to:)``.
    public func backUp(to path: String) async throws(StoreSetupError) {
        guard access(path, F_OK) != 0 else {
            throw StoreSetupError("\(path) already exists; a backup overwrites no file")
        }
        // Write to a temporary name in the same folder, so that an incomplete copy does not look like a backup.
        let unfinished = "\(path).unfinished-\(getpid())"
        defer { unlink(unfinished) }
        do {
            // Use a separate connection, so that the writer continues to record.
            let source = try file.openReaders(1)
            for connection in source {
                try await connection.queue.unsafeRead { database in
                    try database.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
                }
            }
        } catch {
            let message = (error as? DatabaseError)?.message ?? "\(error)"
            throw StoreSetupError("the backup \(path) cannot be written: \(message)")
        }
        // Unlike `rename`, `link` never replaces a file that was created in the meantime.
        guard Self.sync(unfinished), link(unfinished, path) == 0, Self.sync(Self.folder(of: path)) else {
            throw StoreSetupError("the backup \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    }

    /// Flushes a file, or the entries of a folder, to the disk, and returns whether that succeeded.
    private static func sync(_ path: String) -> Bool {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return false }
        let isSafe = fsync(file) == 0
        let code = errno
        _ = closeFile(file)
        errno = code
        return isSafe
    }
}

/// Calls the system's `close`, which the store's method of that name shadows.
private func closeFile(_ file: Int32) -> Int32 {
    close(file)
}
