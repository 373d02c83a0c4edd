import GRDB
import GRDBSQLite
import SendLogCore

/// What follows each commit of the connection that writes: it begins a generation of the WAL, checks that the files are
/// still the database's, and checkpoints a long WAL.
// Sendable unchecked: after `init`, which runs before the connection is used, all calls and SQLite's calls of the hook are
// made in the serial queue of the connection: `Connection.write` and `Connection.close` enter it.
final class CommitHandler: @unchecked Sendable {
    private let watch: FileWatch
    private let path: String
    /// The WAL, from the first commit on.
    private var wal: OpenFile?
    /// The WAL's salts after the last commit; see ``WALFile/salts``.
    private var salts: [UInt8] = []
    /// The number of pages in the WAL after the last commit; `nil` if it wrote nothing.
    private var pages: Int?
    /// Whether something was committed since the generation began, so that the next checkpoint changes the file.
    private var hasCommitted = false
    /// The number of pages in the WAL from which the next checkpoint is made.
    private var nextCheckpoint = maxPages

    /// The number of pages in the WAL from which they are moved into the file.
    private static let maxPages = 8000
    /// The number of further pages until the next attempt, while a long reader keeps SQLite from restarting the WAL.
    private static let pagesBetweenAttempts = 1000

    /// Creates a handler for the commits of a connection, which must not outlive the handler.
    ///
    /// - Parameters:
    ///   - connection: the connection
    ///   - watch: the watch on the database's files
    ///   - path: the path of the database file
    init(_ connection: Connection, _ watch: FileWatch, path: String) {
        (self.watch, self.path) = (watch, path)
        // SQLite's automatic checkpoints are such a hook too, so this one replaces them.
        _ = sqlite3_wal_hook(
            connection.handle,
            { handler, _, _, pages in
                if let handler {
                    Unmanaged<CommitHandler>.fromOpaque(handler).takeUnretainedValue().pages = Int(pages)
                }
                return SQLITE_OK
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// Throws if the file is no longer the database's, before a write.
    func willWrite() throws(StoreError) { try watch.throwIfReplaced() }

    /// Handles a commit.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if the files are no longer the database's: then what was committed
    ///   may be lost.
    func didCommit(on connection: Connection) throws {
        guard let pages else { return }
        self.pages = nil
        hasCommitted = true
        // SQLite restarts the WAL with the first commit after a checkpoint of all of it.
        let current = currentSalts()
        // SQLite writes the header with the first commit, so another program has overwritten it.
        if current == nil { watch.reportOverwritten() }
        if current != salts {
            beginGeneration(on: connection)
            nextCheckpoint = Self.maxPages
        }
        try watch.checkPaths()
        if pages >= nextCheckpoint {
            beginGeneration(on: connection)
            connection.checkpoint(watch)
            nextCheckpoint = pages + Self.pagesBetweenAttempts
        }
    }

    /// Prepares the end of the connection, which can checkpoint the WAL.
    func willClose(on connection: Connection) { if watch.problem == nil { beginGeneration(on: connection) } }

    /// Begins a generation if something was committed in the present one.
    private func beginGeneration(on connection: Connection) {
        guard hasCommitted else { return }
        // If it fails, the last write is safe nevertheless, and the next one tries again.
        do { try connection.transaction { try Query(WALGeneration.begin, on: $0).run() } } catch { return }
        salts = currentSalts() ?? []
        (pages, hasCommitted) = (nil, false)
    }

    /// Returns the WAL's salts; `nil` if it has no header.
    private func currentSalts() -> [UInt8]? {
        wal = wal ?? OpenFile("\(path)-wal")
        return wal.flatMap { WALFile.salts(of: $0) }
    }
}

extension Connection {
    /// Moves pages of the WAL into the file, as many as readers permit, if the file is still the database's.
    func checkpoint(_ watch: FileWatch) {
        watch.check()
        if watch.problem == nil { checkpoint() }
    }

    /// Moves pages of the WAL into the file, as many as readers permit.
    func checkpoint() { sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil) }
}
