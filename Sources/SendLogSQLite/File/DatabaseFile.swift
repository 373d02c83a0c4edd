import CSQLite
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
    /// The advice about a damaged database.
    static let damageAdvice = "restore it from a backup"

    private static let needsToWrite = "sendlog must be able to write to it and to its folder"

    /// Opens the file for writing; creates it if it does not exist, or migrates it to the newest schema version.
    ///
    /// - Returns: the writer's connection, which checks after each commit that the file is still the database's.
    /// - Throws: ``StoreSetupError`` if the file is rejected or cannot be opened.
    func openWriter() throws(StoreSetupError) -> (connection: Connection, watch: FileWatch) {
        let deadline = ContinuousClock.now + .seconds(lockTimeout)
        while true {
            do {
                let (queue, file) = try setUp()
                let watch = FileWatch(path, file)
                do throws(StoreError) { try watch.checkPaths() } catch {
                    throw StoreSetupError(watch.problem ?? "\(path) was replaced while it was opened")
                }
                let connection = try Connection(queue)
                connection.follow(CommitHandler(connection, watch, path: path))
                return (connection, watch)
            } catch {
                // If two processes switch to WAL at the same time, SQLite returns SQLITE_BUSY without waiting.
                guard Self.isBusy(error), .now < deadline else { throw refusal(error) }
                usleep(10_000)
            }
        }
    }

    private func setUp() throws -> (DatabaseQueue, OpenFile) {
        let existing = try inspect()
        let wal = existing.map { WALGeneration.match(path, $0) } ?? .empty
        let queue = try connect(readOnly: false)
        do { try queue.inDatabase { try setUp($0, isNew: existing == nil, wal) } } catch {
            // Closing the database would move the WAL into a file that is refused.
            if case .empty = wal {} else if !Self.isBusy(error) { _ = Unmanaged.passRetained(queue) }
            throw error
        }
        guard let file = existing ?? OpenFile(path) else { throw StoreSetupError(unreadable(errno)) }
        return (queue, file)
    }

    private func setUp(_ database: Database, isNew: Bool, _ wal: WALGeneration.Match) throws {
        guard sqlite3_db_readonly(database.sqliteConnection, "main") == 0 else {
            throw StoreSetupError("\(path) is read-only; \(Self.needsToWrite)")
        }
        if !isNew { try probe(database) }
        // Write a new file's header before the switch to WAL: `inspect` reads it from the file, not from the WAL.
        if isNew { try migrate(database) }
        try database.execute(
            sql: """
                PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864
                """
        )
        try migrate(database)
        let hasOldWAL = if case .unknown = wal { true } else { false }
        try WALGeneration.distinguish(database, hasOldWAL: hasOldWAL)
    }

    private static func isBusy(_ error: any Error) -> Bool { (error as? DatabaseError)?.resultCode == .SQLITE_BUSY }

    /// Opens read-only connections, after ``openWriter()`` has validated the file.
    func openReaders(_ count: Int) throws(StoreSetupError) -> [Connection] {
        do { return try (0..<count).map { _ in try Connection(try connect(readOnly: true)) } } catch {
            throw refusal(error)
        }
    }

    /// Opens a connection for checkpoints, after ``openWriter()`` has validated the file.
    func openCheckpointer() throws(StoreSetupError) -> Connection {
        do {
            let queue = try connect(readOnly: false)
            try queue.inDatabase { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
            return try Connection(queue)
        } catch { throw refusal(error) }
    }

    /// Opens an existing file to look at it: nothing is created, migrated or moved out of the WAL.
    ///
    /// - Returns: the file, which must stay open until the connection is closed; the connection; and the schema version.
    /// - Throws: ``StoreSetupError`` if there is no file, or if it is rejected or cannot be opened.
    func openForInspection() throws(StoreSetupError) -> (file: OpenFile, connection: Connection, version: Int) {
        guard let file = try inspect() else {
            throw StoreSetupError("\(path) does not exist or is empty", isMissing: true)
        }
        do {
            // The last connection that can write moves the WAL into the file when it is closed, and deletes the WAL; one that
            // can only read leaves the WAL and its index behind.
            let queue = try connect(readOnly: WALFile(of: path) != nil)
            let version = try queue.inDatabase { database in
                try database.execute(sql: "PRAGMA query_only = ON")
                try probe(database)
                return try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            }
            return (file, try Connection(queue), version)
        } catch { throw refusal(error) }
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

    /// Validates the file's header, and its WAL, without opening the file as a database.
    ///
    /// For the format, see <https://www.sqlite.org/fileformat2.html#the_database_header>.
    ///
    /// - Parameter forWriting: whether the file must be writable
    /// - Returns: the file; `nil` if it must still be created.
    /// - Throws: ``StoreSetupError`` if the file is rejected or cannot be read.
    func inspect(forWriting: Bool = true) throws(StoreSetupError) -> OpenFile? {
        guard let file = OpenFile(path) else {
            if errno != ENOENT { throw StoreSetupError(unreadable(errno)) }
            try refuseOrphanedWAL()
            return nil
        }
        // Without this check SQLite reports only that it cannot open the file, since it cannot create the WAL.
        guard !forWriting || access(path, W_OK) == 0 else {
            throw StoreSetupError("\(path) is read-only; \(Self.needsToWrite)")
        }
        var header = [UInt8](repeating: 0, count: 100)
        errno = 0
        let isLongEnough = file.read(at: 0, into: &header)
        if errno != 0 { throw StoreSetupError(unreadable(errno)) }
        if file.isEmpty {
            try refuseOrphanedWAL()
            return nil
        }
        guard isLongEnough, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StoreSetupError("\(path) is not a sendlog database; it was not changed")
        }
        guard Int32(bitPattern: header.bigEndian32(at: 68)) == Schema.applicationID else {
            throw StoreSetupError("\(path) is another program's SQLite database; it was not changed")
        }
        try refuseNewer(Int(Int32(bitPattern: header.bigEndian32(at: 60))))
        if case .foreign = WALGeneration.match(path, file) {
            throw StoreSetupError(
                "\(path)-wal belongs to another database than \(path), and would damage it; if \(path) was restored or "
                    + "replaced, move \(path)-wal away. Nothing was changed"
            )
        }
        return file
    }

    /// Refuses to create a database beside the WAL of another one, which SQLite would delete.
    private func refuseOrphanedWAL() throws(StoreSetupError) {
        for attempt in 0..<3 {
            // Another process may be creating the database.
            if attempt > 0 { usleep(50_000) }
            if WALFile(of: path) == nil || OpenFile(path)?.isEmpty == false { return }
        }
        throw StoreSetupError(
            "\(path) does not exist or is empty, but \(path)-wal has data of its database; move the database back, or "
                + "restore a backup with sendlog database restore. Nothing was changed"
        )
    }

    /// What follows the path if SQLite, which does not say why, cannot open or create the file.
    private var cannotOpen: String {
        let (folder, isNew) = (UnfinishedFile.folder(of: path), access(path, F_OK) != 0)
        guard access(folder, isNew ? W_OK | X_OK : X_OK) != 0 else {
            return "cannot be opened; check that its folder exists and is accessible"
        }
        let reason = String(cString: strerror(errno))
        return "cannot be \(isNew ? "created" : "opened") in \(folder): \(reason)"
    }

    private func unreadable(_ code: Int32) -> String { "\(path) cannot be opened: \(String(cString: strerror(code)))" }

    private func connect(readOnly: Bool) throws -> DatabaseQueue {
        _ = Self.libraryConfiguration
        WALWrites.install()
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(lockTimeout)
        configuration.label = readOnly ? "sendlog.sqlite.reader" : "sendlog.sqlite.writer"
        configuration.prepareDatabase { database in
            let cache = readOnly ? 2000 : 6000
            try database.execute(sql: "PRAGMA cache_size = -\(cache); PRAGMA mmap_size = 2147418112")
            // What is deleted must not stay in free pages. `WALWrites` relies on the sync of each commit.
            if !readOnly { try database.execute(sql: "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL") }
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Configures SQLite, once for the process, before it opens its first database.
    ///
    /// SQLite counts the memory that it allocates; for that, all connections share a lock
    /// (<https://www.sqlite.org/malloc.html#memory_allocation_statistics>). Once a database is open, this has no effect.
    private static let libraryConfiguration = csqlite_disable_memory_statistics()

    private func migrate(_ database: Database) throws {
        func version() throws -> Int { try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 }
        try refuseNewer(try version())
        guard try version() < Schema.version else { return }
        try database.inTransaction(.immediate) {
            // Another process may have migrated the file first.
            let before = try version()
            // An older copy of the file must not seem to belong to the WAL from now on.
            if before >= Schema.firstVersionWithGeneration {
                try database.execute(sql: WALGeneration.begin.description)
            }
            try Schema.migrate(database, from: before)
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
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: "is damaged; \(Self.damageAdvice)"
            case .SQLITE_FULL: "cannot be written: the disk is full"
            case .SQLITE_CANTOPEN: cannotOpen
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
