import GRDB

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The one row of `wal_generation`, by which a WAL is known to belong to a database file.
///
/// A generation lasts from one restart of the WAL to the next, and has a random ID. The second transaction of each
/// generation stores the new ID beside the previous one. So a WAL has both, and belongs to a file that has either one.
/// Without this row, SQLite would replay any WAL that lies beside a file into the file.
struct WALGeneration: Equatable {
    /// The ID of the previous generation; zero in a file that was not written to since it was created, migrated or
    /// backed up.
    let previous: [UInt8]
    /// The ID of this generation.
    let current: [UInt8]

    private static let mark = "sendlog-wal-mark"

    /// Whether the row was created in this generation, so that the file does not have it before the next checkpoint.
    private var isNew: Bool { previous.allSatisfy { $0 == 0 } }

    /// Parses a page of a database file.
    ///
    /// - Returns: `nil` if it is not the page of `wal_generation`: a table leaf with one row, which has a text and two
    ///   blobs of 16 bytes each (<https://www.sqlite.org/fileformat2.html#b_tree_pages>). No other table has such rows,
    ///   so what clients record cannot look like this page.
    init?(page: some BidirectionalCollection<UInt8>) {
        let cell = [52, 1, 4, 45, 44, 44] + Array(Self.mark.utf8)
        let start = page.count - cell.count - 32
        guard start > 0 else { return nil }
        let address = [UInt8(truncatingIfNeeded: start >> 8), UInt8(truncatingIfNeeded: start)]
        let row = page.dropFirst(start)
        guard page.starts(with: [13, 0, 0, 0, 1] + address + [0] + address), row.starts(with: cell) else { return nil }
        previous = Array(row.dropFirst(cell.count).prefix(16))
        current = Array(row.suffix(16))
    }

    /// Begins a generation, in the caller's transaction.
    static let begin: StaticString = "UPDATE wal_generation SET previous = current, current = randomblob(16)"

    /// Gives a copy of a database an ID of its own.
    static let separate: StaticString = """
        UPDATE wal_generation SET previous = zeroblob(16), current = randomblob(16)
        """

    /// Gives a file that was not written to yet another ID than its copies have, before it is written to.
    ///
    /// Otherwise the WAL of one copy would seem to belong to the other. If other connections prevent the checkpoint,
    /// the file gets the ID with a later one.
    ///
    /// - Parameters:
    ///   - database: the connection
    ///   - hasOldWAL: whether the WAL has frames without the row, which will be moved into the file
    /// - Throws: the errors of the database.
    static func distinguish(_ database: Database, hasOldWAL: Bool) throws {
        let isNew = try Bool.fetchOne(database, sql: "SELECT previous = zeroblob(16) FROM wal_generation") == true
        guard isNew || hasOldWAL else { return }
        try database.execute(sql: begin.description)
        if isNew { _ = try? Row.fetchAll(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// How a WAL fits to the database file beside it.
    enum Match {
        /// There is nothing to replay.
        case empty
        /// There is no row to compare: an earlier version of sendlog wrote the WAL, or a crash came before the second
        /// transaction.
        case unknown
        /// It belongs to the file, whose page at the offset has this row.
        case belongs(WALGeneration, offset: Int, pageSize: Int)
        /// It belongs to another file, and SQLite would destroy this one with it.
        case foreign
    }

    /// Compares a WAL with the database file beside it.
    ///
    /// - Parameters:
    ///   - path: the path of the database file
    ///   - file: the database file
    /// - Returns: how they fit.
    static func match(_ path: String, _ file: OpenFile) -> Match {
        // Another process may write to the database meanwhile: then the WAL has the file's ID the next time.
        for attempt in 0..<3 {
            if attempt > 0 { usleep(50_000) }
            let match = matchOnce(path, file)
            guard case .foreign = match else { return match }
        }
        return .foreign
    }

    private static func matchOnce(_ path: String, _ file: OpenFile) -> Match {
        guard var log = WALFile(of: path) else { return .empty }
        var (known, stored): (Set<[UInt8]>, Set<[UInt8]>) = ([], [])
        var hasFrames = false
        while let frame = log.next() {
            hasFrames = true
            guard let generation = WALGeneration(page: frame.page) else { continue }
            let inFile = read(at: frame.offset, pageSize: frame.page.count, from: file)
            if known.isEmpty, generation.isNew, inFile == nil { return .unknown }
            known.formUnion([generation.previous, generation.current])
            if let inFile {
                stored.insert(inFile.current)
                if known.contains(inFile.current) {
                    return .belongs(inFile, offset: frame.offset, pageSize: frame.page.count)
                }
            }
            // After `VACUUM` by another program, the row is on another page.
            if !known.isDisjoint(with: stored) { return .unknown }
        }
        if known.isEmpty { return hasFrames ? .unknown : .empty }
        return .foreign
    }

    /// Reads the row from a page of a database file; `nil` if the page does not have it.
    static func read(at offset: Int, pageSize: Int, from file: OpenFile) -> WALGeneration? {
        var page = [UInt8](repeating: 0, count: pageSize)
        return file.read(at: offset, into: &page) ? WALGeneration(page: page) : nil
    }
}
