import Foundation
public import SendLogCore
import SendLogSQLite

/// Where the data is, and how it is opened.
public struct DatabaseLocation: Sendable {
    /// The path of the SQLite file.
    public let path: String
    let options: SQLiteStore.Options
    /// Where long lists wait until they are recorded.
    public let spoolFolder: String

    private static let scheme = "sqlite:"

    /// Reads where the data is.
    ///
    /// - Throws: ``ConfigurationError`` that names the setting which cannot be used.
    public init(_ sources: ConfigurationSources) throws(ConfigurationError) {
        let text = try sources.text(.database) ?? "sqlite:sendlog.db"
        guard text.hasPrefix(Self.scheme), text.count > Self.scheme.count else {
            let hint = text.contains(":") ? "" : "; did you mean sqlite:\(text)?"
            throw ConfigurationError("database must be sqlite: followed by the path of a file, not \(text)\(hint)")
        }
        path = String(text.dropFirst(Self.scheme.count))
        guard !path.hasPrefix(":"), !path.hasSuffix("/") else {
            throw ConfigurationError("database must name a file after sqlite:, not \(path)")
        }
        options = SQLiteStore.Options(
            readers: try sources.number(.sqliteReaders),
            patience: Double(try sources.number(.sqlitePatience) ?? 5)
        )
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        spoolFolder = try sources.text(.spoolFolder) ?? folder
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: spoolFolder, isDirectory: &isFolder), isFolder.boolValue else {
            let setting = spoolFolder == folder ? "database: its folder" : "recording.spoolFolder: the folder"
            throw ConfigurationError("\(setting) \(spoolFolder) does not exist")
        }
    }

    /// Whether there is a database already.
    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Opens the database, or makes it.
    ///
    /// - Returns: the store.
    /// - Throws: ``StoreRefusal`` where it must not be opened.
    public func open() throws(StoreRefusal) -> any Store {
        // In full, since SQLite gives some short names a meaning of their own.
        try SQLiteStore(path: URL(fileURLWithPath: path).path, options: options)
    }
}
