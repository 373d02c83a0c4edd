import Foundation
import SendLogCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A new database file under a temporary name, so that an incomplete copy does not look like a database.
///
/// A lock marks it as in use. If a crash leaves the file behind, the lock is gone. The next one in the same folder deletes
/// the file, and so does a server that starts with its database there.
final class UnfinishedFile: Sendable {
    let path: String
    private let target: String
    private let descriptor: Int32
    /// The folder, which is open from the beginning: a folder that cannot be made durable is refused before any work.
    private let folder: Int32

    private static let companions = ["-journal", "-wal", "-shm"]
    /// The mode of every database file that is created: only its owner can read it.
    static let mode: mode_t = 0o600

    /// Creates an empty file beside a target, which only its owner can read and write.
    ///
    /// - Parameters:
    ///   - target: the name that the file gets when it is finished
    ///   - model: the file whose owner it gets
    /// - Returns: the file, which is deleted when it is released.
    /// - Throws: ``StoreSetupError`` if the file cannot be created.
    static func create(for target: String, like model: String) throws(StoreSetupError) -> UnfinishedFile {
        let folderPath = folder(of: target)
        deleteLeftovers(in: folderPath)
        for _ in 0..<9 { if let file = try createOnce(for: target, in: folderPath, like: model) { return file } }
        throw StoreSetupError("\(target) cannot be written: another program deletes its temporary file")
    }

    /// Creates the file once.
    ///
    /// - Returns: `nil` if another program, which deletes leftovers, has found the file before it was locked.
    /// - Throws: ``StoreSetupError`` if the file cannot be created.
    private static func createOnce(
        for target: String,
        in folderPath: String,
        like model: String
    ) throws(StoreSetupError) -> UnfinishedFile? {
        let folder = open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(target) }
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        let path = "\(target).unfinished-\(String(repeating: "0", count: 16 - random.count))\(random)"
        guard fsync(folder) == 0, case let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode),
            descriptor >= 0
        else {
            let error = failure(target)
            close(folder)
            throw error
        }
        let file = UnfinishedFile(path, target, descriptor, folder)
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK else { throw failure(target) }
            return nil
        }
        guard file.isInPlace else { return nil }
        var status = stat()
        // Only root may change the owner.
        if stat(model, &status) == 0 { _ = fchown(descriptor, status.st_uid, status.st_gid) }
        guard fchmod(descriptor, mode) == 0 else { throw failure(target) }
        return file
    }

    /// Returns the folder of a file, with a slash at its end.
    static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./" }

    private init(_ path: String, _ target: String, _ descriptor: Int32, _ folder: Int32) {
        (self.path, self.target, self.descriptor, self.folder) = (path, target, descriptor, folder)
    }

    deinit {
        Self.delete(path)
        close(descriptor)
        close(folder)
    }

    /// Whether the name still leads to this file.
    private var isInPlace: Bool {
        var (named, opened) = (stat(), stat())
        return stat(path, &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_ino == opened.st_ino
            && named.st_dev == opened.st_dev
    }

    /// Returns the error for what the system has just refused.
    static func failure(_ path: String) -> StoreSetupError {
        StoreSetupError("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }

    /// Copies a file into this one.
    ///
    /// - Throws: ``StoreSetupError`` if it cannot be read or written.
    func copy(from source: String) throws(StoreSetupError) {
        guard let file = FileHandle(forReadingAtPath: source) else {
            throw StoreSetupError("\(source) cannot be read: \(String(cString: strerror(errno)))")
        }
        let output = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        do {
            while let bytes = try file.read(upToCount: 1 << 20), !bytes.isEmpty { try output.write(contentsOf: bytes) }
        } catch { throw StoreSetupError("\(source) cannot be copied: \(error.localizedDescription)") }
    }

    /// Makes the content durable.
    ///
    /// - Throws: ``StoreSetupError`` if that fails, or if the file is gone.
    func sync() throws(StoreSetupError) {
        guard fsync(descriptor) == 0 else { throw Self.failure(target) }
        guard isInPlace else { throw StoreSetupError("\(path) was deleted or replaced while it was written") }
    }

    /// Gives the file the target's name.
    ///
    /// - Parameter replacesTarget: whether an existing target is replaced
    /// - Throws: ``StoreSetupError`` if that fails, or if the target exists and must not be replaced.
    func finish(replacesTarget: Bool = false) throws(StoreSetupError) {
        // Unlike `rename`, `link` never replaces a file that was created in the meantime.
        guard (replacesTarget ? rename(path, target) : link(path, target)) == 0 else { throw Self.failure(target) }
        unlink(path)
    }

    /// Makes the names in the folder durable.
    ///
    /// - Throws: ``StoreSetupError`` if that fails.
    func syncFolder() throws(StoreSetupError) {
        guard fsync(folder) == 0 else { throw Self.failure(target) }
    }

    private static func delete(_ path: String) {
        // The file comes last: by its name, the next one finds the others.
        for suffix in companions + [""] { unlink(path + suffix) }
    }

    /// Deletes what interrupted backups and restores have left in a folder; those in progress stay.
    ///
    /// - Returns: the paths of the deleted files.
    @discardableResult static func deleteLeftovers(in folder: String) -> [String] {
        var deleted: [String] = []
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.wholeMatch(of: /.+\.unfinished-[0-9a-f]{16}/) != nil {
            let path = folder + name
            let file = open(path, O_RDWR | O_CLOEXEC)
            guard file >= 0 else { continue }
            if flock(file, LOCK_EX | LOCK_NB) == 0 {
                delete(path)
                deleted.append(path)
            }
            close(file)
        }
        return deleted
    }
}
