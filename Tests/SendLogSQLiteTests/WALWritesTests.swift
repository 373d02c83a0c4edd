import Foundation
import GRDBSQLite
import Synchronization
import TestSupport
import Testing

@testable import SendLogSQLite

/// The layer that writes each commit to the write-ahead log in one piece.
@Suite struct WALWritesTests {
    /// A file that only notes what is written to it.
    private enum NotingFile {
        static let writes = Mutex<[(offset: sqlite3_int64, bytes: [UInt8])]>([])
        static let result = Mutex(SQLITE_OK)

        static func make() -> UnsafeMutablePointer<sqlite3_file> {
            let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
            methods.initialize(to: sqlite3_io_methods())
            methods.pointee.xWrite = { _, data, count, offset in
                let bytes = Array(UnsafeRawBufferPointer(start: data, count: Int(count)))
                NotingFile.writes.withLock { $0.append((offset, bytes)) }
                return NotingFile.result.withLock { $0 }
            }
            let file = UnsafeMutablePointer<sqlite3_file>.allocate(capacity: 1)
            file.initialize(to: sqlite3_file(pMethods: UnsafePointer(methods)))
            return file
        }

        /// Returns what was written since the last call.
        static func take() -> [String] {
            writes.withLock { writes in
                defer { writes = [] }
                return writes.map { "\($0.bytes.count) at \($0.offset)" }
            }
        }
    }

    @Test func `only pieces of a commit are collected, and written when another operation or place follows`() {
        let file = NotingFile.make()
        let pieces = CollectedPieces(of: file)
        func write(_ count: Int, _ offset: sqlite3_int64) -> Int32 {
            [UInt8](repeating: 1, count: count).withUnsafeBytes { pieces.write($0, at: offset) }
        }
        func frame(_ number: sqlite3_int64) -> Int32 {
            let offset = 32 + number * 536
            let result = write(24, offset)
            return result == SQLITE_OK ? write(512, offset + 24) : result
        }
        // A page that is written before the commit.
        #expect(frame(0) == SQLITE_OK)
        #expect(NotingFile.take() == ["24 at 32", "512 at 56"])
        pieces.begin()
        for number in 1..<4 { #expect(frame(sqlite3_int64(number)) == SQLITE_OK) }
        #expect(NotingFile.take() == [])
        #expect(pieces.flush() == SQLITE_OK && pieces.flush() == SQLITE_OK)
        #expect(NotingFile.take() == ["1608 at 568"])
        // A page at another place, such as one that changed again.
        #expect(frame(4) == SQLITE_OK && frame(1) == SQLITE_OK)
        #expect(NotingFile.take() == ["536 at 2176"])
        #expect(pieces.flush() == SQLITE_OK)
        #expect(NotingFile.take() == ["536 at 568"])
        #expect(pieces.end() == SQLITE_OK)
        #expect(frame(5) == SQLITE_OK)
        #expect(NotingFile.take() == ["24 at 2712", "512 at 2736"])
        // A long transaction, and a piece that is longer than what SQLite's access to files takes.
        pieces.begin()
        for number in 0..<400 { #expect(frame(sqlite3_int64(number)) == SQLITE_OK) }
        #expect(pieces.flush() == SQLITE_OK)
        #expect(NotingFile.take() == ["114704 at 32", "99696 at 114736"])
        #expect(write(100_000, 0) == SQLITE_OK && write(65_536, 100_000) == SQLITE_OK && pieces.flush() == SQLITE_OK)
        #expect(NotingFile.take() == ["122880 at 0", "42656 at 122880"])
        // What cannot be written is dropped, like a piece that SQLite could not write.
        NotingFile.result.withLock { $0 = SQLITE_FULL }
        #expect(frame(0) == SQLITE_OK)
        #expect(pieces.flush() == SQLITE_FULL && pieces.flush() == SQLITE_OK)
        NotingFile.result.withLock { $0 = SQLITE_OK }
        _ = NotingFile.take()
        // What a failed commit has collected is dropped too.
        #expect(frame(0) == SQLITE_OK)
        pieces.discard()
        #expect(pieces.flush() == SQLITE_OK)
        #expect(NotingFile.take() == [])
    }

    /// A connection of SQLite.
    private final class Handle {
        private var pointer: OpaquePointer?

        /// Opens a database, by the layer with a name.
        init(_ path: String, by layer: String) throws {
            guard sqlite3_open_v2(path, &pointer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, layer) == SQLITE_OK else {
                throw TestFailure("\(path) cannot be opened by \(layer)")
            }
        }

        deinit { sqlite3_close_v2(pointer) }

        /// Commits the transaction, as a store does.
        func commit() throws {
            guard let pointer else { return }
            try WALWrites.collect(on: pointer) { try run("COMMIT") }
        }

        /// Runs statements, and returns the first column of the last one.
        @discardableResult func run(_ sql: String) throws -> [String] {
            var rows: [String] = []
            let result = withUnsafeMutablePointer(to: &rows) { rows in
                sqlite3_exec(
                    pointer,
                    sql,
                    { rows, _, values, _ in
                        let text = values?[0].map { String(cString: $0) } ?? ""
                        rows?.assumingMemoryBound(to: [String].self).pointee.append(text)
                        return 0
                    },
                    rows,
                    nil
                )
            }
            guard result == SQLITE_OK else { throw TestFailure("\(sql): \(String(cString: sqlite3_errmsg(pointer)))") }
            return rows
        }
    }

    /// Writes random rows to a table, of which it knows the lengths.
    private struct Table {
        var lengths: [Int: Int] = [:]
        var random: SplitMix64

        static let schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB, size INTEGER)"
        static let summary =
            "SELECT count(*) || ' ' || coalesce(sum(length(value)), 0) FROM t WHERE length(value) = size"

        /// What ``summary`` returns.
        var expected: String { "\(lengths.count) \(lengths.values.reduce(0, +))" }

        /// Runs a transaction, which may be rolled back.
        ///
        /// It has no savepoints, as those of sendlog have none: after a savepoint was rolled back, a copy of the files lacks
        /// commits with SQLite 3.40 alone, too.
        mutating func change(_ writer: Handle, rollsBack: Bool) throws {
            var changed = lengths
            try writer.run("BEGIN IMMEDIATE")
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let (id, size) = (Int.random(in: 0..<300, using: &random), Int.random(in: 1...9000, using: &random))
                try writer.run("INSERT OR REPLACE INTO t VALUES (\(id), randomblob(\(size)), \(size))")
                changed[id] = size
            }
            if rollsBack {
                _ = try writer.run("ROLLBACK")
                return
            }
            try writer.commit()
            lengths = changed
        }
    }

    @Test func `each commit is complete for other programs at once, whichever connection wrote before`() throws {
        let random = SplitMix64(seed: TestSeed.printed("commits through the layer"))
        let folder = try TemporaryFolder()
        _ = try SQLiteStore(path: folder.file("store"))
        #expect(sqlite3_vfs_find(nil).map { String(cString: $0.pointee.zName) } == WALWrites.name)
        let path = folder.file("data")
        let writers = [
            try Handle(path, by: WALWrites.name), try Handle(path, by: WALWrites.name), try Handle(path, by: "unix"),
        ]
        let reader = try Handle(path, by: "unix")
        // So small a cache writes pages to the log before the end of the transaction.
        for writer in writers {
            try writer.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 5")
            try writer.run("PRAGMA wal_autocheckpoint = 0")
        }
        try writers[0].run(Table.schema)
        var table = Table(random: random)
        for step in 0..<200 {
            let writer = writers[Int.random(in: 0..<3, using: &table.random)]
            let rollsBack = Int.random(in: 0..<4, using: &table.random) == 0
            try table.change(writer, rollsBack: rollsBack)
            #expect(try reader.run(Table.summary) == [table.expected], "step \(step)")
            switch Int.random(in: 0..<8, using: &table.random) {
            case 0: try writer.run("PRAGMA wal_checkpoint(TRUNCATE)")
            case 1: try reader.run("PRAGMA wal_checkpoint(RESTART)")
            case 2: try writer.run("PRAGMA wal_checkpoint(PASSIVE)")
            default: break
            }
            guard step % 10 == 0 else { continue }
            // What a crash would leave: the files as they are now.
            let copy = folder.file("copy\(step)")
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            let recovered = try Handle(copy, by: "unix")
            #expect(try recovered.run("PRAGMA integrity_check") == ["ok"])
            #expect(try recovered.run(Table.summary) == [table.expected], "step \(step)")
        }
    }

    @Test func `pages of a transaction that was rolled back do not overwrite the next commit of another connection`()
        throws
    {
        let folder = try TemporaryFolder()
        WALWrites.install()
        let path = folder.file("data")
        let (one, other) = (try Handle(path, by: WALWrites.name), try Handle(path, by: WALWrites.name))
        for writer in [one, other] {
            try writer.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 5")
        }
        try one.run(Table.schema)
        for round in 0..<20 {
            // After a checkpoint of everything, the next transaction writes from the beginning of the log.
            try one.run("PRAGMA wal_checkpoint(RESTART)")
            try one.run("BEGIN IMMEDIATE")
            for id in 0..<40 {
                try one.run("INSERT OR REPLACE INTO t VALUES (\(round * 100 + id), randomblob(3000), 3000)")
            }
            try one.run("ROLLBACK")
            try other.run("BEGIN IMMEDIATE")
            try other.run("INSERT INTO t VALUES (\(round * 100), randomblob(9000), 9000)")
            try other.commit()
            // Reads and writes of the first connection reach the file of the log.
            #expect(try one.run("SELECT count(*) FROM t WHERE length(value) = 9000") == ["\(round + 1)"])
            try one.run("BEGIN IMMEDIATE; UPDATE t SET size = size WHERE id = \(round * 100)")
            try one.commit()
            #expect(try other.run("PRAGMA integrity_check") == ["ok"])
        }
    }

    @Test func `a commit that finds the disk full fails, and the next one is complete`() throws {
        let disk = try SmallDisk(megabytes: 2)
        defer { withExtendedLifetime(disk) {} }
        WALWrites.install()
        let path = disk.folder.file("data")
        let (one, other) = (try Handle(path, by: WALWrites.name), try Handle(path, by: WALWrites.name))
        for writer in [one, other] {
            try writer.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
        }
        try one.run(Table.schema)
        try one.run("INSERT INTO t VALUES (1, zeroblob(1), 1)")
        for round in 0..<3 {
            try disk.fill(atMost: 200_000)
            var (size, failure): (Int, TestFailure?) = (0, nil)
            while failure == nil, size < 10_000 {
                // All pages are in the cache until the commit.
                try one.run("BEGIN IMMEDIATE; UPDATE t SET size = \(size + 1), value = randomblob(9000)")
                do throws(any Error) { try one.commit() } catch { failure = error as? TestFailure }
                if failure == nil { size += 1 }
            }
            #expect(failure.map { "\($0)".contains("full") } == true, "round \(round): \(size) commits")
            _ = try? one.run("ROLLBACK")
            #expect(try other.run("SELECT size FROM t") == ["\(size)"])
            try disk.empty()
            try other.run("PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE; UPDATE t SET size = -1")
            try other.commit()
            #expect(try one.run("SELECT size FROM t") == ["-1"])
            #expect(try one.run("PRAGMA integrity_check") == ["ok"])
        }
    }
}
