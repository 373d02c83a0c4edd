import Foundation
import SendLogCore

/// The record of the backups of a SQLite database: a file beside the database, with a line of JSON for each backup.
///
/// It is not a table: making a backup then writes nothing to the database, and restoring one does not make the later
/// backups unknown (docs/adr/0031-record-of-backups.md).
struct BackupRecord {
    /// A backup.
    struct Entry: Equatable {
        /// When the backup began.
        let at: Timestamp
        /// The full path of its file.
        let file: String
    }

    /// The path of the record.
    let path: String
    private let database: String

    /// What the record's name adds to that of the database.
    static let suffix = "-backups"
    /// The number of backups that the record keeps.
    static let maxEntries = 100
    /// The length in bytes of the record that is read; no record is longer.
    private static let maxLength = 1 << 20

    private struct Line: Codable {
        let at, file: String
    }

    /// Creates the record of the database with a full path; its file need not exist.
    init(of database: String) {
        (path, self.database) = (database + Self.suffix, database)
    }

    /// Reads the backups, the oldest first; leaves out lines that are damaged.
    ///
    /// - Returns: the backups; empty if none is recorded.
    /// - Throws: ``StoreSetupError`` if the record exists and cannot be read.
    func entries() throws(StoreSetupError) -> [Entry] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return [] }
        guard descriptor >= 0 else { throw failure("read", errno) }
        return try Self.entries(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), failure("read", EIO))
    }

    /// Adds a backup, and removes the oldest ones beyond ``maxEntries``.
    ///
    /// - Throws: ``StoreSetupError`` if the record cannot be written.
    func add(_ entry: Entry) throws(StoreSetupError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("written", errno) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // Other backups may end at the same time. The lock ends with the file.
        guard flock(descriptor, LOCK_EX) == 0 else { throw failure("written", errno) }
        var status = stat()
        // Only root may change the owner: the server and later commands run as the owner of the database.
        if stat(database, &status) == 0 { _ = fchown(descriptor, status.st_uid, status.st_gid) }
        let entries = try Self.entries(file, failure("read", EIO)).suffix(Self.maxEntries - 1) + [entry]
        do {
            let text = try Self.text(Array(entries))
            try file.seek(toOffset: 0)
            try file.write(contentsOf: text)
            try file.truncate(atOffset: UInt64(text.count))
            try file.synchronize()
        } catch { throw StoreSetupError("\(path) cannot be written: \(error.localizedDescription)") }
    }

    private static func entries(
        _ file: FileHandle,
        _ failure: StoreSetupError
    ) throws(StoreSetupError) -> [Entry] {
        guard let bytes = try? file.read(upToCount: maxLength) ?? Data() else { throw failure }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)),
                let at = Timestamp(rfc3339: line.at)
            else { return nil }
            return Entry(at: at, file: line.file)
        }
    }

    private static func text(_ entries: [Entry]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try entries.reduce(into: Data()) { text, entry in
            text += try encoder.encode(Line(at: entry.at.description, file: entry.file)) + Data("\n".utf8)
        }
    }

    private func failure(_ action: String, _ code: Int32) -> StoreSetupError {
        StoreSetupError("\(path) cannot be \(action): \(String(cString: strerror(code)))")
    }
}
