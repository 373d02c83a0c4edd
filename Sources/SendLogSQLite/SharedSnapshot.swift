import GRDBSQLite
import SendLogCore

/// A snapshot that a connection keeps for several short reads, as long as nothing was committed since it began.
///
/// Each read transaction locks and unlocks a part of the WAL index, with a system call each. Reads that share one need
/// a single pair. It must end soon, because SQLite cannot restart the WAL while a snapshot in it is in use.
struct SharedSnapshot {
    /// The header of the WAL index, which SQLite maps for the connection; `nil` before the first read.
    private var header: UnsafeRawPointer?
    /// What the header was before the open transaction began; `nil` if none is open.
    private var begun: WALIndexHeader?

    /// Whether a transaction is open.
    var isOpen: Bool { begun != nil }

    /// Runs a closure that sees all that was committed before the call, and leaves the transaction open.
    mutating func read<Result>(
        on connection: Connection,
        _ body: (Connection) throws -> Result
    ) throws -> Result {
        guard let header else {
            // The read maps the index. Without one, each read has a transaction of its own.
            defer { header = WALIndexHeader.address(on: connection) }
            return try body(connection)
        }
        // Read before the transaction begins: what is committed in between then counts as later, never as earlier.
        let now = WALIndexHeader(at: header)
        if let begun, begun != now { try end(on: connection) }
        if begun == nil {
            try Query("BEGIN", on: connection).run()
            begun = now
        }
        do { return try body(connection) } catch let error as StoreError {
            // What was read is the answer, such as a missing row.
            throw error
        } catch {
            try end(on: connection)
            throw error
        }
    }

    /// Ends the transaction, if one is open.
    mutating func end(on connection: Connection) throws {
        guard begun != nil else { return }
        begun = nil
        // SQLite rolls back by itself after some errors.
        guard sqlite3_get_autocommit(connection.handle) == 0 else { return }
        do { try Query("COMMIT", on: connection).run() } catch { try Query("ROLLBACK", on: connection).run() }
    }
}

/// The header of the WAL index, which each commit changes: two headers are equal if nothing was committed in between.
///
/// SQLite itself compares it to find out whether a connection's cache is still valid
/// (<https://www.sqlite.org/walformat.html#the_wal_index_header>).
private struct WALIndexHeader: Equatable {
    private let words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    /// Reads the first copy of the header, which a writer writes after the second one.
    init(at address: UnsafeRawPointer) {
        func word(_ index: Int) -> UInt64 { address.load(fromByteOffset: 8 * index, as: UInt64.self) }
        words = (word(0), word(1), word(2), word(3), word(4), word(5))
    }

    static func == (one: Self, other: Self) -> Bool { one.words == other.words }

    /// Returns the address of the header, which stays valid until the connection is closed; `nil` if there is no index.
    static func address(on connection: Connection) -> UnsafeRawPointer? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        var region: UnsafeMutableRawPointer?
        guard sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK,
            let file, let methods = file.pointee.pMethods, methods.pointee.iVersion >= 2,
            let map = methods.pointee.xShmMap,
            map(file, 0, regionSize, 0, &region) == SQLITE_OK, let region
        else { return nil }
        return UnsafeRawPointer(region)
    }

    /// The size of a region of the WAL index in bytes.
    private static let regionSize: Int32 = 32_768
}
