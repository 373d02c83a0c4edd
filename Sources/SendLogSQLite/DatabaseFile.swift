import GRDB
import GRDBSQLite
import SendLogCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A database file, which is validated before it is opened; a rejected file stays unchanged.
struct DatabaseFile {
    let path: String
    /// The time to wait for a lock that another process holds, in seconds.
    let lockTimeout: Double

    private static let needsToWrite = "sendlog must be able to write to it and to its folder"

    /// Opens the file for writing; creates it if it does not exist, or migrates it to the newest schema version.
    ///
    /// - Returns: the writer's connection.
    /// - Throws: ``StoreSetupError`` if the file is rejected or cannot be opened.
    func openWriter() throws(StoreSetupError) -> Connection {
        let deadline = ContinuousClock.now + .seconds(lockTimeout)
        while true {
            do {
                return try Connection(try setUp())
            } catch {
                // If two processes switch to WAL at the same time, SQLite returns SQLITE_BUSY without waiting.
                let isBusy = (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
                guard isBusy, .now < deadline else { throw refusal(error) }
                usleep(10_000)
            }
        }
    }

    private func setUp() throws -> DatabaseQueue {
        let isNew = try inspect()
        let queue = try connect(readOnly: false)
        try queue.inDatabase { database in
            guard sqlite3_db_readonly(database.sqliteConnection, "main") == 0 else {
                throw StoreSetupError("\(path) is read-only; \(Self.needsToWrite)")
            }
            if !isNew { try probe(database) }
            // Write a new file's header before the switch to WAL: `inspect` reads it from the file, not from the WAL.
            if isNew { try migrate(database) }
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                    PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864
                    """
            )
            try migrate(database)
        }
        return queue
    }

    /// Opens read-only connections, after ``openWriter()`` has validated the file.
    func openReaders(_ count: Int) throws(StoreSetupError) -> [Connection] {
        do { return try (0..<count).map { _ in try Connection(try connect(readOnly: true)) } } catch {
            throw refusal(error)
        }
    }

    /// Checks that all tables and indexes of the file's schema version exist and are readable.
    ///
    /// It reads one row of each, which takes no longer in a large file. ``DatabaseCheck`` finds deeper damage.
    private func probe(_ database: Database) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        try refuseNewer(version)
        let expected = try DatabaseQueue().write { fresh in
            try Schema.migrate(fresh, from: 0, to: version)
            return try Schema.objects(fresh)
        }
        guard try Schema.objects(database) == expected else {
            throw StoreSetupError("\(path) lacks tables or indexes of a sendlog database; restore it from a backup")
        }
        for object in expected {
            let index = object.name == object.table ? "NOT INDEXED" : "INDEXED BY \(object.name)"
            let rows = "\(object.table) \(index)\(object.condition ?? "")"
            _ = try Row.fetchOne(database, sql: "SELECT 1 FROM \(rows) LIMIT 1")
        }
    }

    /// Validates the file's header without opening the file as a database.
    ///
    /// For the format, see <https://www.sqlite.org/fileformat2.html#the_database_header>.
    ///
    /// - Returns: whether the file must still be created.
    /// - Throws: ``StoreSetupError`` if the file is rejected or cannot be read.
    private func inspect() throws(StoreSetupError) -> Bool {
        guard let file = fopen(path, "rb") else {
            let code = errno
            if code == ENOENT { return true }
            throw StoreSetupError("\(path) cannot be opened: \(String(cString: strerror(code)))")
        }
        defer { fclose(file) }
        var header = [UInt8](repeating: 0, count: 100)
        let length = fread(&header, 1, header.count, file)
        // Without this check SQLite reports only that it cannot open the file, since it cannot create the WAL.
        guard access(path, W_OK) == 0 else { throw StoreSetupError("\(path) is read-only; \(Self.needsToWrite)") }
        if ferror(file) != 0 { throw StoreSetupError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        if length == 0 { return true }
        guard length == header.count, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StoreSetupError("\(path) is not a sendlog database; it was not changed")
        }
        func integer(at offset: Int) -> Int32 {
            Int32(bitPattern: header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        guard integer(at: 68) == Schema.applicationID else {
            throw StoreSetupError("\(path) is another program's SQLite database; it was not changed")
        }
        try refuseNewer(Int(integer(at: 60)))
        return false
    }

    private func connect(readOnly: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(lockTimeout)
        configuration.label = readOnly ? "sendlog.sqlite.reader" : "sendlog.sqlite.writer"
        configuration.prepareDatabase { database in
            let cache = readOnly ? 8000 : 16_000
            try database.execute(sql: "PRAGMA cache_size = -\(cache); PRAGMA mmap_size = 2147418112")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private func migrate(_ database: Database) throws {
        func version() throws -> Int { try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 }
        try refuseNewer(try version())
        guard try version() < Schema.version else { return }
        try database.inTransaction(.immediate) {
            // Another process may have migrated the file first.
            try Schema.migrate(database, from: version())
            return .commit
        }
    }

    private func refuseNewer(_ version: Int) throws(StoreSetupError) {
        guard version > Schema.version else { return }
        throw StoreSetupError(
            "\(path) was written by a newer sendlog (database version \(version); this version supports up to "
                + "\(Schema.version)); upgrade sendlog. The database was not changed"
        )
    }

    private func refusal(_ error: any Error) -> StoreSetupError {
        if let refusal = error as? StoreSetupError { return refusal }
        guard let error = error as? DatabaseError else { return StoreSetupError("\(path): \(error)") }
        let reason =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: "is locked by another program"
            case .SQLITE_READONLY: "is read-only; \(Self.needsToWrite)"
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: "is damaged; restore it from a backup"
            case .SQLITE_FULL: "cannot be written: the disk is full"
            case .SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and is accessible"
            default: "cannot be opened: \(error.message ?? error.resultCode.description)"
            }
        return StoreSetupError("\(path) \(reason)")
    }
}

extension StoreError {
    /// Creates the store error for an error of SQLite.
    init(_ error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            // GRDB cancels the call of a cancelled task.
            let isCancelled = error is CancellationError
            self = isCancelled ? .unavailable(.closed, detail: "cancelled") : .corrupted(detail: "\(type(of: error))")
            return
        }
        let detail = "SQLite \(error.extendedResultCode): \(error.message ?? "")"
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .unavailable(.full, detail: detail)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .unavailable(.locked, detail: detail)
            case .SQLITE_READONLY: .unavailable(.readOnly, detail: detail)
            case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_NOMEM: .unavailable(.inputOutput, detail: detail)
            // A closed connection reports SQLITE_MISUSE.
            case .SQLITE_INTERRUPT, .SQLITE_ABORT, .SQLITE_MISUSE: .unavailable(.closed, detail: detail)
            default: .corrupted(detail: detail)
            }
    }
}
