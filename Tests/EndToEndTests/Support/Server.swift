import Foundation
import Glibc
import PostgresHarness
import Synchronization
import TestSupport

/// A running `sendlog serve` on a free port.
final class Server: Sendable {
    let folder: TemporaryFolder
    /// The database, in the form of `--database`.
    let database: String
    let process: ChildProcess
    let port: UInt16

    /// Starts a server and waits until it listens.
    ///
    /// - Parameters:
    ///   - folder: the folder of the database file; a new folder if `nil`
    ///   - path: the name of the database file in the folder
    ///   - database: another database instead, in the form of `--database`
    ///   - arguments: further flags
    ///   - environment: the server's environment variables
    ///   - errorOutput: the file that gets the log instead of ``process``
    /// - Throws: if the server does not start.
    init(
        in folder: TemporaryFolder? = nil,
        path: String = "test.sqlite",
        database: String? = nil,
        arguments: [String] = [],
        environment: [String: String] = [:],
        errorOutput: String? = nil
    ) throws {
        self.folder = try folder ?? TemporaryFolder()
        if let database {
            self.database = database
        } else if TestPaths.isOnPostgres, folder == nil {
            let postgres = try PostgresServer.shared()
            self.database = try postgres.url(postgres.createDatabase())
        } else {
            self.database = "sqlite:\(self.folder.file(path))"
        }
        let listen = ["serve", "--host", "127.0.0.1", "--port", "0", "--database", self.database]
        process = try ChildProcess(
            TestPaths.binary,
            listen + arguments,
            environment: environment,
            errorOutput: errorOutput
        )
        port = try Self.port(of: process)
    }

    /// The log so far, once it has not grown for a moment: its lines are written after the responses.
    var log: String {
        var (log, isComplete) = (process.errors, false)
        while !isComplete {
            usleep(100_000)
            let now = process.errors
            (log, isComplete) = (now, now == log)
        }
        return log
    }

    private static func port(of process: ChildProcess) throws -> UInt16 {
        let ready = Deadline.poll(for: 120) { process.output.contains("\n") || process.exit() != nil }
        let prefix = "sendlog is listening on http://127.0.0.1:"
        guard ready, process.output.hasPrefix(prefix), process.output.hasSuffix("\n"),
            let port = UInt16(process.output.dropFirst(prefix.count).dropLast())
        else {
            throw TestFailure(
                "the server did not start: \(String(describing: process.exit())) \(process.output) \(process.errors)"
            )
        }
        return port
    }

    /// Sends the server a signal and waits for its end.
    ///
    /// - Returns: the exit code or the signal that ended it.
    func stop(_ signal: Int32 = SIGTERM) throws -> Exit {
        process.signal(signal)
        return try process.wait(atMost: 120)
    }

    /// Kills the server with `SIGKILL`, to simulate a crash.
    func crash() throws {
        process.signal(SIGKILL)
        guard try process.wait() == .signal(SIGKILL) else { throw TestFailure("the server ended before the signal") }
    }

    /// Opens a connection to the server.
    func connect(receiveBuffer: Int32? = nil, timeout: Int = 60) throws -> HTTPConnection {
        try HTTPConnection(port: port, receiveBuffer: receiveBuffer, timeout: timeout)
    }

    /// Runs a command of `sendlog` on the server's database.
    func command(_ arguments: String..., input: String = "/dev/null") throws -> Command {
        try Command(TestPaths.binary, arguments + ["--database", database], input: input)
    }

    /// Executes SQL in the database, without the server.
    func executeSQL(_ sql: String) throws {
        if database.hasPrefix("sqlite:") {
            // The server checkpoints meanwhile.
            _ = try Command.tool("sqlite3", "-cmd", ".timeout 10000", String(database.dropFirst(7)), sql).succeeded()
        } else {
            try PostgresServer.shared().sql(sql, database: String(database.split(separator: "/").last ?? ""))
        }
    }

    /// Creates an organisation and a key with the command line, while the server runs.
    ///
    /// - Returns: the organisation with its key, to send requests.
    func tenant(permissions: String...) throws -> Tenant {
        let name = "Organisation \(Self.organisations.add(1, ordering: .relaxed).newValue)"
        let granted = (permissions.isEmpty ? ["sendLog"] : permissions).flatMap { ["--permission", $0] }
        let arguments = ["organisation", "create", name, "--database", database] + granted
        let key = try Command(TestPaths.binary, arguments).succeeded().output.trimmingCharacters(in: .newlines)
        return Tenant(server: self, name: name, key: key)
    }

    /// Creates a key of an organisation and returns the key's text.
    func key(of organisation: String, permissions: [String], expires: String? = nil) throws -> String {
        let granted = permissions.flatMap { ["--permission", $0] }
        let until = expires.map { ["--expires", $0] } ?? []
        let arguments = ["key", "create", "--organisation", organisation, "--database", database] + granted + until
        return try Command(TestPaths.binary, arguments).succeeded().output.trimmingCharacters(in: .newlines)
    }

    /// Numbers the organisations, so that names are unique across all databases of the tests.
    private static let organisations = Atomic(0)
}
