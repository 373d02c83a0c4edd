import Foundation
public import SendLogCore
import SendLogPostgres
import SendLogSQLite
public import SendLogScheduling

/// Where the data is, and how it is opened.
public struct DatabaseLocation: Sendable, CustomStringConvertible {
    let place: Place
    let sqlite: SQLiteStore.Options
    let postgres: PostgresStore.Options
    /// Where long lists wait until they are recorded.
    public let spoolFolder: String

    enum Place: Sendable {
        /// A SQLite file of this path.
        case file(String)
        case server(PostgresLocation)
    }

    private static let scheme = "sqlite:"

    /// Reads where the data is.
    ///
    /// - Throws: ``ConfigurationError`` that names the setting which cannot be used.
    public init(_ sources: ConfigurationSources) throws(ConfigurationError) {
        let text = try sources.text(.database) ?? "sqlite:sendlog.db"
        try self.init(text, named: sources.name(of: .database), sources)
    }

    /// Reads where some data is.
    ///
    /// - Parameters:
    ///   - text: `sqlite:` and the path of a file, or a URI of PostgreSQL
    ///   - name: what the text is called by whoever wrote it
    ///   - sources: what else is set
    /// - Throws: ``ConfigurationError`` that names what cannot be used.
    public init(_ text: String, named name: String, _ sources: ConfigurationSources) throws(ConfigurationError) {
        place = try Self.place(text, named: name)
        sqlite = SQLiteStore.Options(
            readers: try sources.number(.sqliteReaders),
            patience: Double(try sources.number(.sqliteLockTimeout) ?? 5)
        )
        postgres = PostgresStore.Options(
            connections: try sources.number(.postgresConnections) ?? 8,
            patience: try sources.number(.postgresWaitTimeout) ?? 5
        )
        let folder: String
        switch place {
        case .file(let path): folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        case .server: folder = FileManager.default.temporaryDirectory.path
        }
        spoolFolder = try sources.text(.spoolFolder) ?? folder
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: spoolFolder, isDirectory: &isFolder), isFolder.boolValue else {
            let setting =
                spoolFolder == folder ? "\(name): its folder" : "\(sources.name(of: .spoolFolder)): the folder"
            throw ConfigurationError("\(setting) \(spoolFolder) does not exist")
        }
    }

    private static func place(_ text: String, named name: String) throws(ConfigurationError) -> Place {
        if PostgresLocation.schemes.contains(where: text.hasPrefix) {
            do { return .server(try PostgresLocation(text)) } catch { throw ConfigurationError("\(name) \(error)") }
        }
        guard text.hasPrefix(scheme), text.count > scheme.count else {
            let rule = "\(name) must be sqlite: followed by the path of a file, or postgres://USER@HOST/NAME"
            // What looks like a location of a server may hold a password.
            let scheme = text.range(of: "://").map { text[..<$0.upperBound] }
            if let scheme, !scheme.contains(where: "@= ".contains) {
                throw ConfigurationError("\(rule), not \(scheme)…")
            }
            if text.contains(where: "@=".contains) { throw ConfigurationError(rule) }
            throw ConfigurationError(
                "\(rule), not \(text)\(text.contains(":") ? "" : "; did you mean sqlite:\(text)?")"
            )
        }
        let path = String(text.dropFirst(scheme.count))
        guard !path.hasPrefix(":"), !path.hasSuffix("/") else {
            throw ConfigurationError("\(name) must name a file after sqlite:, not \(path)")
        }
        return .file(path)
    }

    /// Whether two locations are one, as far as their texts tell.
    public func isSame(as other: DatabaseLocation) -> Bool {
        switch (place, other.place) {
        case (.file(let one), .file(let two)):
            URL(fileURLWithPath: one).standardizedFileURL == URL(fileURLWithPath: two).standardizedFileURL
        case (.server(let one), .server(let two)): one == two
        default: false
        }
    }

    /// The location as it may be shown: without a password.
    public var description: String {
        switch place {
        case .file(let path): path
        case .server(let location): location.description
        }
    }

    /// Opens the database.
    ///
    /// - Parameters:
    ///   - making: whether to make it where there is none
    ///   - threads: where SQLite's queries run; `nil` for threads of the store's own
    /// - Returns: the store.
    /// - Throws: ``StoreRefusal`` where it must not be opened, or there is none.
    public func open(
        making: Bool = true,
        threads: FairThreadPool? = nil
    ) throws(StoreRefusal) -> any Store {
        switch place {
        case .file(let path):
            guard making || FileManager.default.fileExists(atPath: path) else {
                throw StoreRefusal("there is no database \(path)", isMissing: true)
            }
            // In full, since SQLite gives some short names a meaning of their own.
            return try SQLiteStore(path: URL(fileURLWithPath: path).path, options: sqlite, threads: threads)
        case .server(let location): return try Self.store(at: location, postgres, making: making)
        }
    }

    /// Spreads the database over the nodes of a Citus cluster; see ``PostgresStore/distribute(shards:isDone:tell:)``.
    ///
    /// - Throws: ``StoreRefusal`` where it cannot be done, ``StoreError`` where the database fails.
    public func distribute(
        shards: Int,
        isDone: Bool,
        tell: @escaping @Sendable (String) -> Void
    ) async throws {
        guard case .server(let location) = place else {
            throw StoreRefusal(
                "\(self) is a SQLite file, which stays on one machine; move it to PostgreSQL with sendlog database copy"
            )
        }
        let store = try Self.store(at: location, postgres, making: false)
        defer { store.close() }
        try await store.distribute(shards: shards, isDone: isDone, tell: tell)
    }

    private static func store(
        at location: PostgresLocation,
        _ options: PostgresStore.Options,
        making: Bool
    ) throws(StoreRefusal) -> PostgresStore {
        var options = options
        options.makesTables = making
        return try PostgresStore(location, options: options)
    }
}
