import Foundation
import GRDB
import GRDBSQLite

/// Writes a transaction to the write-ahead log in one piece when it is committed, as a layer between SQLite and the
/// operating system (<https://www.sqlite.org/vfs.html>).
///
/// SQLite writes each page with two system calls: a header of 24 bytes, and the page. A transaction of 50 pages takes
/// 100 of them, and most pages of the file cross two pages of the kernel. During a `COMMIT`, this layer collects what
/// SQLite writes, and writes it before any other operation on the file. One of them is the sync, which SQLite calls
/// before other connections see the transaction. So errors reach the transaction that they belong to, and no
/// connection finds a transaction that is not in the file. Outside of a `COMMIT`, the layer passes on all calls.
enum WALWrites {
    /// The number of bytes from which no more are collected; a longer transaction is written in several pieces.
    static let maxBytes = 112 << 10
    /// The maximum number of bytes to write at a time: SQLite's access to files takes only the lower 17 bits of a length.
    static let maxPiece = 120 << 10

    /// Makes all databases that are opened from now on use this layer.
    static func install() { _ = registration }

    /// The name of the layer in SQLite.
    static let name = "sendlog"

    private static let registration: Void = {
        guard let system = sqlite3_vfs_find(nil) else { return }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: system.pointee)
        layer.pointee.zName = UnsafePointer(strdup(name))
        layer.pointee.pNext = nil
        layer.pointee.szOsFile = Int32(WALFileObject.size) + system.pointee.szOsFile
        layer.pointee.xOpen = { _, name, file, flags, openedFlags in
            guard let system = WALWrites.system, let file else { return SQLITE_CANTOPEN }
            guard flags & SQLITE_OPEN_WAL != 0 else {
                return system.pointee.xOpen(system, name, file, flags, openedFlags)
            }
            return WALFileObject.open(file) { system.pointee.xOpen(system, name, $0, flags, openedFlags) }
        }
        Self.system = system
        sqlite3_vfs_register(layer, 1)
    }()

    /// SQLite's own access to files.
    // nonisolated(unsafe): only `registration` sets it, which Swift runs once. `xOpen` alone reads it, and SQLite calls that
    // only after it found the layer in its list, which `sqlite3_vfs_register` extends later, under the lock of the list.
    nonisolated(unsafe) private static var system: UnsafeMutablePointer<sqlite3_vfs>?

    /// Runs a closure that commits the connection's transaction, and collects what is written to the log meanwhile.
    ///
    /// The connection must have `PRAGMA synchronous = FULL`, with which each commit syncs the log. On a disk on which a
    /// write may damage the bytes beside it, SQLite pads commits after the sync; nothing is collected there.
    static func collect(on handle: OpaquePointer, _ commit: () throws -> Void) throws {
        var file: UnsafeMutablePointer<sqlite3_file>?
        // In WAL mode, this is the log.
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) == SQLITE_OK,
            let pieces = WALFileObject.pieces(of: file), !padsCommits(handle)
        else { return try commit() }
        pieces.begin()
        do { try commit() } catch {
            pieces.discard()
            throw error
        }
        guard pieces.end() == SQLITE_OK else { throw DatabaseError(resultCode: .SQLITE_IOERR_WRITE) }
    }

    /// Whether SQLite pads commits: it does so by what it knows of the database's file, not of the log.
    private static func padsCommits(_ handle: OpaquePointer) -> Bool {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK,
            let file, let methods = file.pointee.pMethods
        else { return true }
        return methods.pointee.xDeviceCharacteristics(file) & SQLITE_IOCAP_POWERSAFE_OVERWRITE == 0
    }
}

/// The object of an open write-ahead log in memory of SQLite: this structure, then the object of SQLite's own access.
private struct WALFileObject {
    let base: sqlite3_file
    let pieces: Unmanaged<CollectedPieces>

    /// The length in bytes, which keeps what follows aligned.
    static let size = MemoryLayout<WALFileObject>.stride

    /// Opens the file, and creates the object.
    static func open(
        _ file: UnsafeMutablePointer<sqlite3_file>,
        _ open: (UnsafeMutablePointer<sqlite3_file>) -> Int32
    ) -> Int32 {
        let inner = UnsafeMutableRawPointer(file).advanced(by: size).assumingMemoryBound(to: sqlite3_file.self)
        inner.pointee.pMethods = nil
        let result = open(inner)
        guard result == SQLITE_OK else {
            // SQLite closes a file that has methods, even if it could not be opened.
            if inner.pointee.pMethods != nil { _ = inner.pointee.pMethods.pointee.xClose(inner) }
            file.pointee.pMethods = nil
            return result
        }
        UnsafeMutableRawPointer(file).initializeMemory(
            as: WALFileObject.self,
            to: WALFileObject(
                base: sqlite3_file(pMethods: methods),
                pieces: .passRetained(CollectedPieces(of: inner))
            )
        )
        return SQLITE_OK
    }

    /// Returns the pieces of a file; `nil` if the file was not opened by this layer.
    static func pieces(of file: UnsafeMutablePointer<sqlite3_file>?) -> CollectedPieces? {
        guard let file, file.pointee.pMethods == methods else { return nil }
        return UnsafeRawPointer(file).load(as: WALFileObject.self).pieces.takeUnretainedValue()
    }

    /// Writes what was collected for a file, and calls a closure with the inner file.
    private static func flushed(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ body: (UnsafeMutablePointer<sqlite3_file>, sqlite3_io_methods) -> Int32
    ) -> Int32 {
        guard let pieces = pieces(of: file) else { return SQLITE_IOERR }
        let result = pieces.flush()
        return result == SQLITE_OK ? body(pieces.file, pieces.file.pointee.pMethods.pointee) : result
    }

    /// Calls a closure with the inner file, for an operation that does not concern the content.
    private static func passed(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ body: (UnsafeMutablePointer<sqlite3_file>, sqlite3_io_methods) -> Int32
    ) -> Int32 {
        guard let inner = pieces(of: file)?.file else { return 0 }
        return body(inner, inner.pointee.pMethods.pointee)
    }

    /// The operations on the file: the first version of SQLite's, because the later ones are for databases alone.
    // nonisolated(unsafe): Swift initialises it once, before the first use. What it points to is never changed or freed.
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
        var methods = sqlite3_io_methods()
        methods.iVersion = 1
        methods.xClose = { file in
            guard let file, let pieces = WALFileObject.pieces(of: file) else { return SQLITE_IOERR }
            pieces.discard()
            let result = pieces.file.pointee.pMethods.pointee.xClose(pieces.file)
            UnsafeRawPointer(file).load(as: WALFileObject.self).pieces.release()
            file.pointee.pMethods = nil
            return result
        }
        methods.xRead = { file, data, count, offset in
            WALFileObject.flushed(file) { $1.xRead($0, data, count, offset) }
        }
        methods.xWrite = { file, data, count, offset in
            guard let pieces = WALFileObject.pieces(of: file), let data else { return SQLITE_IOERR }
            return pieces.write(UnsafeRawBufferPointer(start: data, count: Int(count)), at: offset)
        }
        methods.xTruncate = { file, size in WALFileObject.flushed(file) { $1.xTruncate($0, size) } }
        methods.xSync = { file, flags in WALFileObject.flushed(file) { $1.xSync($0, flags) } }
        methods.xFileSize = { file, size in WALFileObject.flushed(file) { $1.xFileSize($0, size) } }
        methods.xLock = { file, level in WALFileObject.flushed(file) { $1.xLock($0, level) } }
        methods.xUnlock = { file, level in WALFileObject.flushed(file) { $1.xUnlock($0, level) } }
        methods.xCheckReservedLock = { file, result in
            WALFileObject.flushed(file) { $1.xCheckReservedLock($0, result) }
        }
        methods.xFileControl = { file, operation, argument in
            WALFileObject.flushed(file) { $1.xFileControl($0, operation, argument) }
        }
        methods.xSectorSize = { file in WALFileObject.passed(file) { $1.xSectorSize($0) } }
        methods.xDeviceCharacteristics = { file in WALFileObject.passed(file) { $1.xDeviceCharacteristics($0) } }
        let pointer = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        pointer.initialize(to: methods)
        return UnsafePointer(pointer)
    }()
}

/// The pieces of a file that follow each other and are not written yet; SQLite uses it under the lock of one connection.
final class CollectedPieces {
    let file: UnsafeMutablePointer<sqlite3_file>
    private var isCollecting = false
    private var bytes: [UInt8] = []
    /// The place of ``bytes`` in the file.
    private var start: sqlite3_int64 = 0

    init(of file: UnsafeMutablePointer<sqlite3_file>) { self.file = file }

    /// Collects pieces from now on.
    func begin() { isCollecting = true }

    /// Collects no more pieces, after a commit.
    ///
    /// - Returns: SQLite's code; an error only if the commit did not sync the file, and so has not written everything.
    func end() -> Int32 {
        isCollecting = false
        assert(bytes.isEmpty)
        return flush()
    }

    /// Collects no more pieces, and drops those of a commit that failed: another connection may write in their place.
    func discard() {
        isCollecting = false
        bytes.removeAll(keepingCapacity: true)
    }

    /// Collects a piece, or writes it at once outside of a commit.
    func write(_ data: UnsafeRawBufferPointer, at offset: sqlite3_int64) -> Int32 {
        guard isCollecting else { return writeThrough(data, at: offset) }
        if bytes.count >= WALWrites.maxBytes || offset != start + sqlite3_int64(bytes.count) {
            let result = flush()
            if result != SQLITE_OK { return result }
        }
        if bytes.isEmpty { start = offset }
        bytes.append(contentsOf: data)
        return SQLITE_OK
    }

    /// Writes what was collected; it is dropped if that fails, like a piece that SQLite could not write.
    func flush() -> Int32 {
        guard !bytes.isEmpty else { return SQLITE_OK }
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes.withUnsafeBytes { writeThrough($0, at: start) }
    }

    private func writeThrough(_ data: UnsafeRawBufferPointer, at offset: sqlite3_int64) -> Int32 {
        var done = 0
        while done < data.count {
            // The last piece may be a page of up to 64 KiB.
            let piece = UnsafeRawBufferPointer(rebasing: data[done..<min(data.count, done + WALWrites.maxPiece)])
            let place = offset + sqlite3_int64(done)
            let result = file.pointee.pMethods.pointee.xWrite(file, piece.baseAddress, Int32(piece.count), place)
            if result != SQLITE_OK { return result }
            done += piece.count
        }
        return SQLITE_OK
    }
}
