import Foundation
import GRDBSQLite
import Synchronization
import TestSupport
import Testing

@testable import SendLogSQLite

/// The layer that writes each transaction to the write-ahead log in one piece.
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

    /// A header of a frame, with the size of the database after its transaction, or 0 within a transaction.
    private static func header(size: UInt8) -> [UInt8] {
        [0, 0, 0, 9, 0, 0, 0, size] + [UInt8](repeating: 7, count: 16)
    }

    @Test func `frames are written with the last one of their transaction, and everything else at once`() {
        let file = NotingFile.make()
        let frames = CollectedFrames(of: file)
        let page = [UInt8](repeating: 1, count: 512)
        func write(_ bytes: [UInt8], _ offset: sqlite3_int64) -> Int32 {
            bytes.withUnsafeBytes { frames.write($0, at: offset) }
        }
        func frame(_ number: sqlite3_int64, size: UInt8) -> Int32 {
            let offset = 32 + number * 536
            let result = write(Self.header(size: size), offset)
            return result == SQLITE_OK ? write(page, offset + 24) : result
        }
        // The header of the file.
        #expect(write([UInt8](repeating: 2, count: 32), 0) == SQLITE_OK)
        #expect(NotingFile.take() == ["32 at 0"])
        for number in 0..<3 { #expect(frame(sqlite3_int64(number), size: 0) == SQLITE_OK) }
        #expect(NotingFile.take() == [])
        #expect(frame(3, size: 5) == SQLITE_OK)
        #expect(NotingFile.take() == ["2144 at 32"])
        // A transaction that is not complete is written before frames at another place, such as a page that changed again.
        #expect(frame(4, size: 0) == SQLITE_OK && frame(4, size: 0) == SQLITE_OK)
        #expect(NotingFile.take() == ["536 at 2176"])
        #expect(frames.flush() == SQLITE_OK && frames.flush() == SQLITE_OK)
        #expect(NotingFile.take() == ["536 at 2176"])
        // A header without its page, and a page without its header.
        #expect(write(Self.header(size: 5), 2176) == SQLITE_OK)
        #expect(write(Self.header(size: 5), 32) == SQLITE_OK)
        #expect(NotingFile.take() == ["24 at 2176"])
        #expect(frames.flush() == SQLITE_OK)
        #expect(write(page, 56) == SQLITE_OK)
        #expect(NotingFile.take() == ["24 at 32", "512 at 56"])
        // A long transaction.
        for number in 0..<400 { #expect(frame(sqlite3_int64(number), size: number == 399 ? 1 : 0) == SQLITE_OK) }
        #expect(NotingFile.take() == ["114704 at 32", "99696 at 114736"])
        // The transaction whose frames cannot be written gets the error, and the next one writes its own.
        NotingFile.result.withLock { $0 = SQLITE_FULL }
        #expect(frame(0, size: 0) == SQLITE_OK)
        #expect(frame(1, size: 1) == SQLITE_FULL)
        NotingFile.result.withLock { $0 = SQLITE_OK }
        _ = NotingFile.take()
        #expect(frame(0, size: 1) == SQLITE_OK)
        #expect(NotingFile.take() == ["536 at 32"])
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

    @Test func `another program sees each transaction as soon as it is committed, also after spills and savepoints`()
        throws
    {
        var random = SplitMix64(seed: TestSeed.printed("transactions through the layer"))
        let folder = try TemporaryFolder()
        _ = try SQLiteStore(path: folder.file("store"))
        #expect(sqlite3_vfs_find(nil).map { String(cString: $0.pointee.zName) } == WALWrites.name)
        let path = folder.file("data")
        let (writer, reader) = (try Handle(path, by: WALWrites.name), try Handle(path, by: "unix"))
        // So small a cache writes pages to the log before the end of the transaction.
        try writer.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 5")
        try writer.run(
            "PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB, size INTEGER)"
        )
        var expected: [Int: Int] = [:]
        for step in 0..<150 {
            var changed = expected
            try writer.run("BEGIN IMMEDIATE")
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let (id, size) = (Int.random(in: 0..<300, using: &random), Int.random(in: 0...9000, using: &random))
                let isUndone = Int.random(in: 0..<5, using: &random) == 0
                if isUndone { try writer.run("SAVEPOINT s") }
                try writer.run("INSERT OR REPLACE INTO t VALUES (\(id), randomblob(\(size)), \(size))")
                if isUndone { try writer.run("ROLLBACK TO s; RELEASE s") } else { changed[id] = size }
            }
            if Int.random(in: 0..<6, using: &random) == 0 {
                try writer.run("ROLLBACK")
            } else {
                try writer.run("COMMIT")
                expected = changed
            }
            let seen = try reader.run(
                "SELECT count(*) || ' ' || coalesce(sum(length(value)), 0) FROM t WHERE length(value) = size"
            )
            #expect(seen == ["\(expected.count) \(expected.values.reduce(0, +))"], "step \(step)")
            switch Int.random(in: 0..<12, using: &random) {
            case 0: try writer.run("PRAGMA wal_checkpoint(TRUNCATE)")
            case 1: try reader.run("PRAGMA wal_checkpoint(RESTART)")
            case 2: try writer.run("PRAGMA wal_checkpoint(PASSIVE)")
            default: break
            }
            if step % 10 == 0 {
                // What a crash would leave: the files as they are now.
                let copy = folder.file("copy\(step)")
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
                let recovered = try Handle(copy, by: "unix")
                #expect(try recovered.run("PRAGMA integrity_check") == ["ok"])
                #expect(try recovered.run("SELECT count(*) FROM t") == ["\(expected.count)"], "step \(step)")
            }
        }
    }
}
