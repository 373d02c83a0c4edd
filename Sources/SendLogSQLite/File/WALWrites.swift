import Foundation
import GRDBSQLite

/// Writes each transaction to the write-ahead log in one piece, as a layer between SQLite and the operating system
/// (<https://www.sqlite.org/vfs.html>).
///
/// SQLite writes a page as a *frame*, in two pieces: a header of 24 bytes, and the page. A transaction of 50 pages takes
/// 100 system calls, and the kernel handles most of its own pages three times. Here the frames of a transaction are
/// collected, and written when the last one is complete, before that last write returns: its header says that it ends
/// the transaction (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>). So errors reach the same transaction,
/// and no connection sees a transaction that is not in the file. Before any other operation on the file, what was
/// collected is written too.
enum WALWrites {
    /// The number of bytes from which on no more frames are collected; a longer transaction is written in several pieces.
    static let maxBytes = 112 << 10
    /// The maximum number of bytes to write at a time: SQLite's access to files takes a piece of 128 KiB for a full disk.
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

    /// SQLite's own access to files; set once, before the layer is registered.
    nonisolated(unsafe) private static var system: UnsafeMutablePointer<sqlite3_vfs>?
}

/// The object of an open write-ahead log in memory of SQLite: this structure, then the object of SQLite's own access.
private struct WALFileObject {
    let base: sqlite3_file
    let frames: Unmanaged<CollectedFrames>

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
                frames: .passRetained(CollectedFrames(of: inner))
            )
        )
        return SQLITE_OK
    }

    /// Returns the frames of a file, and removes the object.
    private static func remove(_ file: UnsafeMutablePointer<sqlite3_file>?) -> CollectedFrames? {
        guard let file else { return nil }
        file.pointee.pMethods = nil
        return UnsafeRawPointer(file).load(as: WALFileObject.self).frames.takeRetainedValue()
    }

    /// Writes what was collected for a file, and calls a closure with the inner file.
    private static func flushed(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ body: (UnsafeMutablePointer<sqlite3_file>, sqlite3_io_methods) -> Int32
    ) -> Int32 {
        guard let file else { return SQLITE_IOERR }
        let frames = UnsafeRawPointer(file).load(as: WALFileObject.self).frames.takeUnretainedValue()
        let result = frames.flush()
        return result == SQLITE_OK ? body(frames.file, frames.file.pointee.pMethods.pointee) : result
    }

    /// The operations on the file, which never change: the first version of SQLite's, as the later ones are for databases.
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
        var methods = sqlite3_io_methods()
        methods.iVersion = 1
        methods.xClose = { file in
            guard let frames = WALFileObject.remove(file) else { return SQLITE_IOERR }
            let result = frames.flush()
            let closed = frames.file.pointee.pMethods.pointee.xClose(frames.file)
            return result == SQLITE_OK ? closed : result
        }
        methods.xRead = { file, data, count, offset in
            WALFileObject.flushed(file) { $1.xRead($0, data, count, offset) }
        }
        methods.xWrite = { file, data, count, offset in
            guard let file, let data else { return SQLITE_IOERR }
            let frames = UnsafeRawPointer(file).load(as: WALFileObject.self).frames.takeUnretainedValue()
            return frames.write(UnsafeRawBufferPointer(start: data, count: Int(count)), at: offset)
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
        methods.xSectorSize = { file in WALFileObject.flushed(file) { $1.xSectorSize($0) } }
        methods.xDeviceCharacteristics = { file in WALFileObject.flushed(file) { $1.xDeviceCharacteristics($0) } }
        let pointer = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        pointer.initialize(to: methods)
        return UnsafePointer(pointer)
    }()
}

/// The frames of a write-ahead log that are not written yet; SQLite uses it under the lock of one connection.
final class CollectedFrames {
    let file: UnsafeMutablePointer<sqlite3_file>
    private var bytes: [UInt8] = []
    /// The place of ``bytes`` in the file.
    private var start: sqlite3_int64 = 0
    /// Whether the last piece was a header, and whether its frame ends the transaction.
    private var header: (isLast: Bool, endsTransaction: Bool) = (false, false)

    /// The length of a frame's header in bytes.
    private static let headerLength = 24

    init(of file: UnsafeMutablePointer<sqlite3_file>) { self.file = file }

    /// Collects a header, or the page after a header, and writes a transaction that is complete; writes anything else at
    /// once.
    func write(_ data: UnsafeRawBufferPointer, at offset: sqlite3_int64) -> Int32 {
        let isHeader = data.count == Self.headerLength
        let isFull = isHeader && bytes.count >= WALWrites.maxBytes
        if !bytes.isEmpty, isFull || offset != start + sqlite3_int64(bytes.count) {
            let result = flush()
            if result != SQLITE_OK { return result }
        }
        guard isHeader || header.isLast else {
            let result = flush()
            return result == SQLITE_OK ? writeThrough(data, at: offset) : result
        }
        if bytes.isEmpty { start = offset }
        bytes.append(contentsOf: data)
        if isHeader {
            // The size of the database after the transaction; 0 if more frames of it follow.
            header = (true, data[4..<8].contains { $0 != 0 })
            return SQLITE_OK
        }
        defer { header = (false, false) }
        return header.endsTransaction ? flush() : SQLITE_OK
    }

    /// Writes what was collected; it is dropped if that fails, like a piece that SQLite could not write.
    func flush() -> Int32 {
        guard !bytes.isEmpty else { return SQLITE_OK }
        defer {
            bytes.removeAll(keepingCapacity: true)
            header.isLast = false
        }
        return bytes.withUnsafeBytes { writeThrough($0, at: start) }
    }

    private func writeThrough(_ data: UnsafeRawBufferPointer, at offset: sqlite3_int64) -> Int32 {
        var done = 0
        while done < data.count {
            // The last frame of a piece may have a page of up to 64 KiB.
            let piece = UnsafeRawBufferPointer(rebasing: data[done..<min(data.count, done + WALWrites.maxPiece)])
            let place = offset + sqlite3_int64(done)
            let result = file.pointee.pMethods.pointee.xWrite(file, piece.baseAddress, Int32(piece.count), place)
            if result != SQLITE_OK { return result }
            done += piece.count
        }
        return SQLITE_OK
    }
}
