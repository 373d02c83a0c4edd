import Foundation
public import SendLogCore
import SendLogPostgres
public import SendLogRecipients
import SendLogSQLite
public import SendLogScheduling

/// The location of the database and the options for opening it.
public struct DatabaseLocation: Sendable, CustomStringConvertible {
    let backend: Backend
    let sqlite: SQLiteStore.Options
    let checkpointSeconds: Int
    let postgres: PostgresStore.Options
    /// The folder for long lists that are not recorded yet.
    public let spoolFolder: String

    enum Backend: Sendable {
        /// The path of a SQLite file.
        case file(String)
        case server(PostgresLocation)
    }

    /// The beginning of the location of a SQLite file.
    public static let scheme = "sqlite:"

    /// Reads the location of the database.
    ///
    /// - Throws: ``ConfigurationError`` that names the invalid setting.
    public init(_ sources: ConfigurationSources) throws(ConfigurationError) {
        _ = try sources.parsed(.database, Self.backend)
        try self.init(sources.text(.database), named: sources.name(of: .database), sources)
    }

    /// Parses the location of a database.
    ///
    /// - Parameters:
    ///   - text: `sqlite:` and the path of a file, or a PostgreSQL URI
    ///   - name: the name of the setting or argument, for error messages
    ///   - sources: the sources of all other settings
    /// - Throws: ``ConfigurationError`` that names the invalid setting.
    public init(_ text: String, named name: String, _ sources: ConfigurationSources) throws(ConfigurationError) {
        backend = try Self.backend(text, name)
        sqlite = SQLiteStore.Options(
            readers: sources.givenNumber(.sqliteReaders),
            lockTimeout: Double(sources.number(.sqliteLockTimeout))
        )
        checkpointSeconds = sources.number(.sqliteCheckpointSeconds)
        postgres = PostgresStore.Options(
            connections: sources.number(.postgresConnections),
            waitTimeout: sources.number(.postgresWaitTimeout)
        )
        let folder =
            switch backend {
            case .file(let path): URL(fileURLWithPath: path).deletingLastPathComponent().path
            case .server: FileManager.default.temporaryDirectory.path
            }
        spoolFolder = sources.givenText(.spoolFolder) ?? folder
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: spoolFolder, isDirectory: &isFolder), isFolder.boolValue else {
            let setting = spoolFolder == folder ? "\(name): its" : "\(sources.name(of: .spoolFolder)): the"
            throw ConfigurationError("\(setting) folder \(spoolFolder) does not exist")
        }
    }

    private static func backend(_ text: String, _ name: String) throws(ConfigurationError) -> Backend {
        if PostgresLocation.schemes.contains(where: text.hasPrefix) {
            do { return .server(try PostgresLocation(text)) } catch { throw ConfigurationError("\(name) \(error)") }
        }
        guard text.hasPrefix(scheme), text.count > scheme.count else {
            let rule = "\(name) must be sqlite: followed by the path of a file, or postgres://USER@HOST/NAME"
            // A text that looks like a server's location may contain a password, so it is not shown.
            let scheme = text.range(of: "://").map { text[..<$0.upperBound] }
            if let scheme, !scheme.contains(where: "@= ".contains) {
                throw ConfigurationError("\(rule), not \(scheme)…")
            }
            if text.contains(where: "@=".contains) { throw ConfigurationError(rule) }
            let hint = text.contains(":") ? "" : "; did you mean sqlite:\(text)?"
            throw ConfigurationError("\(rule), not \(text)\(hint)")
        }
        let path = String(text.dropFirst(scheme.count))
        guard !path.hasPrefix(":"), !path.hasSuffix("/") else {
            throw ConfigurationError("\(name) must name a file after sqlite:, not \(path)")
        }
        return .file(path)
    }

    /// Returns whether two locations are the same: of files, whether they are one, under any name.
    public func isSame(as other: DatabaseLocation) -> Bool {
        switch (backend, other.backend) {
        case (.file(let one), .file(let two)):
            if Self.fullPath(one) == Self.fullPath(two) { return true }
            guard let one = Self.fileNumber(one), let two = Self.fileNumber(two) else { return false }
            return one == two
        case (.server(let one), .server(let two)): return one == two
        default: return false
        }
    }

    /// Returns the device and the inode of a file.
    private static func fileNumber(_ path: String) -> [Int]? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: fullPath(path)),
            let device = attributes[.systemNumber] as? Int, let inode = attributes[.systemFileNumber] as? Int
        else { return nil }
        return [device, inode]
    }

    /// The location without its password.
    public var description: String {
        switch backend {
        case .file(let path): path
        case .server(let location): location.description
        }
    }

    /// The location in the form of the setting, with `***` for each secret.
    var masked: String {
        switch backend {
        case .file(let path): "\(Self.scheme)\(path)"
        case .server(let location): location.masked
        }
    }

    /// Opens the database.
    ///
    /// - Parameters:
    ///   - createIfMissing: whether to create the database if it does not exist
    ///   - threads: the threads for SQLite's queries; `nil` for the store's own threads
    ///   - onCreation: called if the database was created, with what was created: `the database`, or its tables
    ///   - onReplacement: called when a SQLite file in use was deleted, moved or replaced, with a text for the operator,
    ///     and with `nil` when it is the original one again; `nil` for short commands, which also leave checkpoints to
    ///     SQLite
    ///   - onNodeChange: called with the name of a node of a Citus cluster when it becomes unavailable, with a text for the
    ///     operator, and with `nil` when it is available again
    ///   - onSharedUse: called if another server has the SQLite file open too
    /// - Returns: the store.
    /// - Throws: ``StoreSetupError`` if the database does not exist or must not be opened.
    public func open(
        createIfMissing: Bool = true,
        threads: FairThreadPool? = nil,
        onCreation: (_ what: String) -> Void = { _ in },
        onReplacement: (@Sendable (_ problem: String?) -> Void)? = nil,
        onNodeChange: @escaping @Sendable (_ node: String, _ problem: String?) -> Void = { _, _ in },
        onSharedUse: () -> Void = {}
    ) throws(StoreSetupError) -> any Store & RecipientIndexStore {
        switch backend {
        case .file(let path):
            let exists = try Self.exists(path)
            guard createIfMissing || exists else {
                throw StoreSetupError("the database \(path) does not exist", isMissing: true)
            }
            var options = sqlite
            options.maintenance = onReplacement.map { .init(checkpointSeconds: checkpointSeconds, report: $0) }
            let store = try SQLiteStore(path: Self.fullPath(path), options: options, threads: threads)
            if !exists { onCreation("the database") }
            if store.isUsedByAnotherServer { onSharedUse() }
            return store
        case .server(let location):
            let store = try store(at: location, createIfMissing: createIfMissing) { change in
                switch change {
                case .unavailable(let node, let detail): onNodeChange(node, detail)
                case .available(let node): onNodeChange(node, nil)
                }
            }
            if store.createdTables { onCreation("the tables of the database") }
            return store
        }
    }

    /// Returns whether a file exists.
    ///
    /// - Throws: ``StoreSetupError`` if that is not known, as in a folder that this user must not enter.
    private static func exists(_ path: String) throws(StoreSetupError) -> Bool {
        if access(path, F_OK) == 0 { return true }
        let code = errno
        if code == ENOENT { return false }
        throw StoreSetupError("the database \(path) cannot be opened: \(String(cString: strerror(code)))")
    }

    /// Opens the database to look at it; see ``DatabaseInspection``.
    ///
    /// - Throws: ``StoreSetupError`` if the database does not exist, or if this program cannot use it.
    func inspect() throws(StoreSetupError) -> any DatabaseInspection {
        switch backend {
        case .file(let path):
            guard try Self.exists(path) else {
                throw StoreSetupError("the database \(path) does not exist", isMissing: true)
            }
            return try SQLiteInspection(path: Self.fullPath(path), lockTimeout: sqlite.lockTimeout)
        case .server(let location): return try PostgresInspection(location, options: postgres)
        }
    }

    /// Replaces the database with a backup; see ``DatabaseRestore/run(settingAsideWith:progress:)``.
    ///
    /// - Throws: ``StoreSetupError`` if the database is not a SQLite file, is in use, or if the backup cannot be restored.
    public func restore(
        _ backup: String,
        settingAsideWith suffix: String,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreSetupError) -> String? {
        guard case .file(let path) = backend else {
            throw StoreSetupError("\(self) is not a SQLite file; for PostgreSQL, use pg_restore")
        }
        let restore = DatabaseRestore(Self.fullPath(backup), to: Self.fullPath(path), options: sqlite)
        return try await restore.run(settingAsideWith: suffix, progress: progress)
    }

    /// Returns the full path of a file, which need not exist, without symbolic links.
    ///
    /// SQLite keeps the `-wal` file beside the file itself, and interprets some short names.
    static func fullPath(_ path: String) -> String {
        let url = URL(fileURLWithPath: path)
        if FileManager.default.fileExists(atPath: url.path) { return url.resolvingSymlinksInPath().path }
        let folder = url.deletingLastPathComponent().resolvingSymlinksInPath()
        return folder.appendingPathComponent(url.lastPathComponent).path
    }

    /// Distributes the database over the nodes of a Citus cluster; see
    /// ``PostgresStore/distribute(shards:apply:report:)``.
    ///
    /// - Throws: ``StoreSetupError`` if the database cannot be distributed, ``StoreError`` if the database fails.
    public func distribute(shards: Int, apply: Bool, report: @escaping @Sendable (String) -> Void) async throws {
        guard case .server(let location) = backend else {
            throw StoreSetupError(
                "\(self) is a SQLite file, which cannot be distributed; copy it to PostgreSQL with sendlog database copy"
            )
        }
        let store = try self.store(at: location, createIfMissing: false)
        defer { store.close() }
        try await store.distribute(shards: shards, apply: apply, report: report)
    }

    private func store(
        at location: PostgresLocation,
        createIfMissing: Bool,
        onNodeChange: @escaping @Sendable (NodeChange) -> Void = { _ in }
    ) throws(StoreSetupError) -> PostgresStore {
        var options = postgres
        (options.createsTables, options.onNodeChange) = (createIfMissing, onNodeChange)
        return try PostgresStore(location, options: options)
    }
}
