import GRDB
public import SendLogCore
import SendLogScheduling

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension SQLiteStore: StoreMaintenance {
    /// See ``StoreMaintenance/check(progress:)``.
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

    /// See ``StoreMaintenance/archive(after:in:most:)``.
    public func archive(
        after sequence: SequenceNumber,
        in organisation: OrganisationID,
        most: Int
    ) async throws(StoreError) -> [ArchivedSendLog] {
        try await readers.scan(for: organisation) { database in
            var query = try Query(
                """
                SELECT place, destinations, record, digest FROM send_logs
                WHERE place > ? AND place < ? ORDER BY place LIMIT ?
                """,
                on: database
            )
            try query.bind(Place(organisation, sequence).rowID)
            try query.bind(Place(OrganisationID(organisation.number + 1), SequenceNumber(0)).rowID)
            try query.bind(most)
            var logs: [ArchivedSendLog] = []
            while try query.step() {
                let log = StoredSendLog(
                    sequence: Place(rowID: query.integer(0)).sequence,
                    record: query.bytes(2),
                    destinations: try query.count(1)
                )
                logs.append(ArchivedSendLog(log: log, digest: query.bytes(3)))
            }
            return logs
        }
    }

    /// See ``StoreMaintenance/backUp(to:)``.
    public func backUp(to path: String) async throws(StoreRefusal) {
        guard access(path, F_OK) != 0 else {
            throw StoreRefusal("\(path) exists already; a backup is never overwritten")
        }
        // A name of our own beside it, so that nobody takes half a copy for a backup.
        let unfinished = "\(path).unfinished-\(getpid())"
        defer { unlink(unfinished) }
        do {
            // A connection of its own: the writer goes on recording.
            let source = try file.openReaders(1)
            for connection in source {
                try await connection.queue.unsafeRead { database in
                    try database.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
                }
            }
        } catch {
            let message = (error as? DatabaseError)?.message ?? "\(error)"
            throw StoreRefusal("the backup \(path) cannot be written: \(message)")
        }
        // Unlike a rename, a link never takes the place of a file that has appeared meanwhile.
        guard Self.sync(unfinished), link(unfinished, path) == 0, Self.sync(Self.folder(of: path)) else {
            throw StoreRefusal("the backup \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    }

    /// Makes sure that a file, or a folder's names, are on the disk.
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

/// The system's `close`, which a store's own method would hide.
private func closeFile(_ file: Int32) -> Int32 {
    close(file)
}
