import Foundation
import Glibc
import Synchronization
import TestSupport

extension PostgresServer {
    /// The number in the newest database's name; names are unique across all servers of the tests.
    private static let databases = Atomic(0)

    /// Runs SQL with `psql`, as the superuser `sendlog`.
    ///
    /// - Parameters:
    ///   - text: any number of statements, each in its own transaction
    ///   - database: the database to connect to
    ///   - seconds: the timeout, after which `psql` is killed
    /// - Returns: the rows in order, columns joined by `|`.
    /// - Throws: `TestFailure` with PostgreSQL's message about the first statement that failed.
    @discardableResult public func sql(
        _ text: String,
        database: String = "postgres",
        atMost seconds: Double = 120
    ) throws -> [String] {
        let psql = Program(
            path: binaries.path("psql"),
            arguments: [
                "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", String(port),
                "-U", "sendlog", "-d", database,
            ],
            folder: "/"
        )
        let output = try psql.run(input: text, atMost: seconds)
        return output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// Creates a database.
    ///
    /// - Parameters:
    ///   - template: the database to copy, which must have no connections; `nil` for an empty database
    ///   - tablespace: its tablespace
    /// - Returns: its name, which is unique.
    /// - Throws: `TestFailure` with PostgreSQL's message.
    public func createDatabase(template: String? = nil, tablespace: String? = nil) throws -> String {
        let name = "test_\(Self.databases.add(1, ordering: .relaxed).newValue)"
        var statement = "CREATE DATABASE \(name)"
        if let template { statement += " TEMPLATE \(Self.quoted(template))" }
        if let tablespace { statement += " TABLESPACE \(Self.quoted(tablespace))" }
        try sql(statement)
        return name
    }

    /// Makes the server's user the owner of a folder, so that it can have a tablespace there.
    ///
    /// - Throws: `TestFailure` if that is not allowed.
    public func changeOwner(_ folder: String) throws {
        guard binaries.user.isOtherUser else { return }
        guard chown(folder, binaries.user.uid, binaries.user.gid) == 0 else {
            throw TestFailure.system("chown \(folder)")
        }
    }

    /// The URL of a database.
    ///
    /// - Parameters:
    ///   - database: its name
    ///   - user: the role; `sendlog` is a superuser
    ///   - host: the host instead of 127.0.0.1
    ///   - port: the port instead of the server's, such as that of a proxy
    /// - Returns: `postgres://USER@127.0.0.1:PORT/NAME`.
    public func url(
        _ database: String,
        user: String = "sendlog",
        host: String = "127.0.0.1",
        port: UInt16? = nil
    ) -> String {
        "postgres://\(user)@\(host):\(port ?? self.port)/\(database)"
    }

    private static func quoted(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
