import Foundation
import Glibc
import Synchronization
import TestSupport

/// A PostgreSQL server for tests, on its own port; it is removed when this object is released or the tests end.
///
/// Anyone who can connect to 127.0.0.1 is accepted, as the superuser `sendlog`.
public final class PostgresServer: Sendable {
    /// The port on 127.0.0.1; the same after each start.
    public let port: UInt16
    /// The server that this one is a standby of, or was before it was promoted.
    public let primary: PostgresServer?
    let binaries: PostgresBinaries
    let serverFolder: ServerFolder
    private let state: Mutex<State>

    struct State {
        /// `nil` while it does not run.
        var postmaster: Postmaster?
        var settings: [String: String]
    }

    /// One server for all tests that neither stop nor break theirs, started at first use.
    ///
    /// - Throws: `TestFailure` if it did not start; each call throws it.
    public static func shared() throws -> PostgresServer { try common.get() }

    private static let common = Result { try PostgresServer() }

    /// Creates an empty server and starts it.
    ///
    /// - Parameters:
    ///   - fsync: whether it waits for the disk, as in production
    ///   - settings: settings of `postgresql.conf` that extend or override `defaults`, values without quotes
    /// - Throws: `TestFailure` if PostgreSQL is not installed or does not start.
    public convenience init(fsync: Bool = true, settings: [String: String] = [:]) throws {
        let binaries = try PostgresBinaries.find()
        let serverFolder = try ServerFolder(of: binaries.user)
        let initdb = Program(
            path: binaries.path("initdb"),
            arguments: [
                "--pgdata=\(serverFolder.data)", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=sendlog",
                "--no-sync", "--wal-segsize=1",
            ],
            folder: serverFolder.path,
            user: binaries.user
        )
        _ = try initdb.run()
        var all = Self.defaults.merging(["fsync": fsync ? "on" : "off"]) { _, given in given }
        all.merge(settings) { _, given in given }
        try self.init(binaries, in: serverFolder, settings: all)
    }

    /// Starts a server whose data exists already.
    init(
        _ binaries: PostgresBinaries,
        in serverFolder: ServerFolder,
        settings: [String: String],
        standbyOf primary: PostgresServer? = nil
    ) throws {
        var settings = settings
        settings["unix_socket_directories"] = serverFolder.path
        // Every process of the server shows this name in its command line.
        settings["cluster_name"] = serverFolder.name
        var attempt = 1
        while true {
            let port = try FreePort.any()
            settings["port"] = String(port)
            try Self.write(settings, to: serverFolder)
            do {
                let postmaster = try Postmaster(binaries, in: serverFolder)
                self.port = port
                state = Mutex(State(postmaster: postmaster, settings: settings))
                break
            } catch let failure as TestFailure {
                // Another process may have taken the port since it was found free.
                guard attempt < 5, failure.description.contains("Address already in use") else { throw failure }
                attempt += 1
            }
        }
        self.binaries = binaries
        self.serverFolder = serverFolder
        self.primary = primary
    }

    deinit {
        serverFolder.remove()
        state.withLock { state in
            if let postmaster = state.postmaster { waitpid(postmaster.pid, nil, 0) }
        }
    }

    /// The default settings; `fsync` is on.
    ///
    /// Shared memory is in files of the folder, so that a killed server leaves nothing elsewhere.
    public static let defaults = [
        "dynamic_shared_memory_type": "mmap", "hot_standby": "on", "listen_addresses": "127.0.0.1",
        "max_connections": "800", "max_wal_senders": "5", "max_wal_size": "256MB", "shared_buffers": "64MB",
        "wal_keep_size": "128MB", "wal_level": "replica", "wal_retrieve_retry_interval": "200ms",
    ]

    /// The server's folder, with its data in `data` and its log in `log`; it belongs to `user`.
    public var folder: String { serverFolder.path }

    /// The name of the user of this machine that the server runs as.
    public var user: String { binaries.user.name }

    /// The server's log so far.
    public var log: String {
        String(decoding: FileManager.default.contents(atPath: serverFolder.file("log")) ?? Data(), as: UTF8.self)
    }

    /// Changes the server under its lock; clears a postmaster that has ended.
    func change<Value: Sendable>(_ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            if state.postmaster?.hasEnded() == true { state.postmaster = nil }
            return try body(&state)
        }
    }

    static func write(_ settings: [String: String], to serverFolder: ServerFolder) throws {
        let lines = settings.sorted { $0.key < $1.key }.map { name, value in
            "\(name) = '\(value.replacing("'", with: "''"))'\n"
        }
        // The file that initdb created is overwritten, so that its owner stays the same.
        let file = try FileHandle(forWritingTo: URL(filePath: "\(serverFolder.data)/postgresql.conf"))
        defer { try? file.close() }
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(lines.joined().utf8))
    }
}
