import GRDB
import GRDBSQLite
import SendLogCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Opens a database file, after making sure that it is one of ours: what is refused was not touched.
struct DatabaseFile {
    let path: String
    /// How long to wait for a lock that another program holds, in seconds.
    let patience: Double

    private static let needsToWrite = "sendlog needs to write to it and to its folder"

    /// Opens the file for writing, brings it to the newest version, or makes it.
    ///
    /// - Throws: ``StoreRefusal`` where it must not be opened.
    func openWriter() throws(StoreRefusal) -> Connection {
        let deadline = ContinuousClock.now + .seconds(patience)
        while true {
            do {
                return try Connection(try setUp())
            } catch {
                // Two that turn to WAL at once are told so without SQLite waiting for either.
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
                throw StoreRefusal("\(path) can only be read; \(Self.needsToWrite)")
            }
            if !isNew { try probe(database) }
            // The new file's header is written before WAL hides it: `inspect` reads it straight from the file.
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

    /// Opens the file for reading, once ``openWriter()`` has made sure of it.
    func openReaders(_ count: Int) throws(StoreRefusal) -> [Connection] {
        do { return try (0..<count).map { _ in try Connection(try connect(readOnly: true)) } } catch {
            throw refusal(error)
        }
    }

    /// Makes sure that the tables and indexes of the file's version are all there and can be read into.
    ///
    /// It reads a row of each, which takes no longer in a large file; damage that lies deeper is for ``DatabaseCheck`` to find.
    private func probe(_ database: Database) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        try refuseNewer(version)
        let expected = try DatabaseQueue().write { fresh in
            try Schema.migrate(fresh, from: 0, to: version)
            return try Schema.objects(fresh)
        }
        guard try Schema.objects(database) == expected else {
            throw StoreRefusal("\(path) lacks tables or indexes of a sendlog database; restore it from a backup")
        }
        for object in expected {
            let index = object.name == object.table ? "NOT INDEXED" : "INDEXED BY \(object.name)"
            let rows = "\(object.table) \(index)\(object.condition ?? "")"
            _ = try Row.fetchOne(database, sql: "SELECT 1 FROM \(rows) LIMIT 1")
        }
    }

    /// Looks at the file's header (<https://www.sqlite.org/fileformat2.html#the_database_header>) without opening it as a database.
    ///
    /// - Returns: whether the file is still to be made.
    private func inspect() throws(StoreRefusal) -> Bool {
        guard let file = fopen(path, "rb") else {
            let code = errno
            if code == ENOENT { return true }
            throw StoreRefusal("\(path) cannot be opened: \(String(cString: strerror(code)))")
        }
        defer { fclose(file) }
        var header = [UInt8](repeating: 0, count: 100)
        let length = fread(&header, 1, header.count, file)
        // SQLite would say no more than that it cannot open the file, since it cannot make the write-ahead log.
        guard access(path, W_OK) == 0 else { throw StoreRefusal("\(path) can only be read; \(Self.needsToWrite)") }
        if ferror(file) != 0 { throw StoreRefusal("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        if length == 0 { return true }
        guard length == header.count, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StoreRefusal("\(path) is not a sendlog database; it was left as it is")
        }
        func integer(at place: Int) -> Int32 {
            Int32(bitPattern: header[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        guard integer(at: 68) == Schema.applicationID else {
            throw StoreRefusal("\(path) is another program's SQLite database; it was left as it is")
        }
        try refuseNewer(Int(integer(at: 60)))
        return false
    }

    private func connect(readOnly: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(patience)
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
            // Another program may have been first.
            try Schema.migrate(database, from: version())
            return .commit
        }
    }

    private func refuseNewer(_ version: Int) throws(StoreRefusal) {
        guard version > Schema.version else { return }
        throw StoreRefusal(
            "\(path) was written by a newer sendlog (database version \(version); this one knows up to "
                + "\(Schema.version)); upgrade sendlog. The database was left as it is"
        )
    }

    private func refusal(_ error: any Error) -> StoreRefusal {
        if let refusal = error as? StoreRefusal { return refusal }
        guard let error = error as? DatabaseError else { return StoreRefusal("\(path): \(error)") }
        let reason =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: "is locked by another program"
            case .SQLITE_READONLY: "can only be read; \(Self.needsToWrite)"
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: "is damaged; restore it from a backup"
            case .SQLITE_FULL: "cannot be written: the disk is full"
            case .SQLITE_CANTOPEN: "cannot be opened; do its folder and the rights to it exist?"
            default: "cannot be opened: \(error.message ?? error.resultCode.description)"
            }
        return StoreRefusal("\(path) \(reason)")
    }
}

extension StoreError {
    /// What a failure of SQLite means to whoever asked the store.
    init(_ error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .damaged(detail: "\(type(of: error))")
            return
        }
        let detail = "SQLite \(error.extendedResultCode): \(error.message ?? "")"
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .unavailable(.full, detail: detail)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .unavailable(.locked, detail: detail)
            case .SQLITE_READONLY: .unavailable(.readOnly, detail: detail)
            case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_NOMEM: .unavailable(.inputOutput, detail: detail)
            // Misuse is what GRDB answers for a connection that was closed.
            case .SQLITE_INTERRUPT, .SQLITE_ABORT, .SQLITE_MISUSE: .unavailable(.closed, detail: detail)
            default: .damaged(detail: detail)
            }
    }
}
