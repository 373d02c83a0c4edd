import Foundation
import Glibc
import PostgresHarness
import Synchronization
import TestSupport

/// A running `sendlog serve` on a port of its own.
final class Server: Sendable {
    let folder: TemporaryFolder
    /// The database as `--database` takes it.
    let database: String
    let process: ChildProcess
    let port: UInt16

    /// Starts a server and waits until it listens.
    ///
    /// - Parameters:
    ///   - folder: where the database lies, or is to lie; one of its own where none is given
    ///   - path: where in the folder
    ///   - database: where the data is instead, as `--database` takes it
    ///   - arguments: further flags
    ///   - environment: what the server finds in its environment
    /// - Throws: where it does not start.
    init(
        in folder: TemporaryFolder? = nil,
        path: String = "test.sqlite",
        database: String? = nil,
        arguments: [String] = [],
        environment: [String: String] = [:]
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
        process = try ChildProcess(TestPaths.binary, listen + arguments, environment: environment)
        port = try Self.port(of: process)
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

    /// Asks the server to stop, and waits.
    ///
    /// - Returns: how it ended.
    func stop(_ signal: Int32 = SIGTERM) throws -> Exit {
        process.signal(signal)
        return try process.wait(atMost: 120)
    }

    /// Kills the server as a power cut would.
    func crash() throws {
        process.signal(SIGKILL)
        guard try process.wait() == .signal(SIGKILL) else { throw TestFailure("the server had ended on its own") }
    }

    /// Opens a connection.
    ///
    /// - Returns: the connection.
    func connect(receiveBuffer: Int32? = nil, timeout: Int = 60) throws -> HTTPConnection {
        try HTTPConnection(port: port, receiveBuffer: receiveBuffer, timeout: timeout)
    }

    /// Runs a command on the server's database.
    ///
    /// - Returns: what came of it.
    func command(_ arguments: String..., input: String = "/dev/null") throws -> Command {
        try Command(TestPaths.binary, arguments + ["--database", database], input: input)
    }

    /// Changes the database behind the server's back.
    func executeSQL(_ sql: String) throws {
        if database.hasPrefix("sqlite:") {
            _ = try Command.tool("sqlite3", String(database.dropFirst(7)), sql).succeeded()
        } else {
            try PostgresServer.shared().sql(sql, database: String(database.split(separator: "/").last ?? ""))
        }
    }

    /// Creates an organisation and a key of it, by the command line beside the running server.
    ///
    /// - Returns: what it takes to send requests for it.
    func tenant(permissions: String...) throws -> Tenant {
        let name = "Organisation \(Self.organisations.add(1, ordering: .relaxed).newValue)"
        let granted = (permissions.isEmpty ? ["sendLog"] : permissions).flatMap { ["--permission", $0] }
        let arguments = ["organisation", "create", name, "--database", database] + granted
        let key = try Command(TestPaths.binary, arguments).succeeded().output.trimmingCharacters(in: .newlines)
        return Tenant(server: self, name: name, key: key)
    }

    /// Creates a key.
    ///
    /// - Returns: the key itself.
    func key(of organisation: String, permissions: [String], expires: String? = nil) throws -> String {
        let granted = permissions.flatMap { ["--permission", $0] }
        let until = expires.map { ["--expires", $0] } ?? []
        let arguments = ["key", "create", "--organisation", organisation, "--database", database] + granted + until
        return try Command(TestPaths.binary, arguments).succeeded().output.trimmingCharacters(in: .newlines)
    }

    /// Each organisation has a name that no other has, in whatever database.
    private static let organisations = Atomic(0)
}
