import GRDB
public import SendLogCore

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
        try await readers.scan { database in
            var check = DatabaseCheck(database: database)
            try check.run(progress: progress)
            return check.findings
        }
    }

    /// See ``StoreMaintenance/backUp(to:)``.
    public func backUp(to path: String) async throws(StoreRefusal) {
        guard access(path, F_OK) != 0 else {
            throw StoreRefusal("\(path) exists already; a backup is never overwritten")
        }
        let unfinished = "\(path).unfinished"
        unlink(unfinished)
        do {
            try await writer.compactCopy(into: unfinished)
        } catch {
            unlink(unfinished)
            let message = (error as? DatabaseError)?.message ?? "\(type(of: error))"
            throw StoreRefusal("the backup \(path) cannot be written: \(message)")
        }
        let file = open(unfinished, O_RDONLY)
        let isSafe = file >= 0 && fsync(file) == 0 && rename(unfinished, path) == 0
        let code = errno
        if file >= 0 { _ = closeFile(file) }
        guard isSafe else {
            unlink(unfinished)
            throw StoreRefusal("the backup \(path) cannot be written: \(String(cString: strerror(code)))")
        }
    }
}

extension DatabaseQueue {
    /// Writes a compact copy of what was committed; a reader's lock is all that it takes.
    fileprivate func compactCopy(into path: String) async throws {
        try await writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [path])
        }
    }
}

/// The system's `close`, which a store's own method would hide.
private func closeFile(_ file: Int32) -> Int32 {
    close(file)
}
