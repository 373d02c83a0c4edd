import Foundation
import Glibc
import Synchronization
import TestSupport

extension PostgresServer {
    /// Each database has a name that no other has, on whatever server of these tests.
    private static let databases = Atomic(0)

    /// Runs SQL with `psql`, as the superuser `sendlog`.
    ///
    /// - Parameters:
    ///   - text: any number of statements, each in a transaction of its own
    ///   - database: where
    ///   - seconds: after how many `psql` is killed
    /// - Returns: the rows in order, columns joined by `|`.
    /// - Throws: `TestFailure` with what PostgreSQL said about the first statement that failed.
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
    ///   - template: the database that it is a copy of, to which nobody may be connected; an empty one where none is
    ///     given
    ///   - tablespace: where it lies
    /// - Returns: its name, which no database had before.
    /// - Throws: `TestFailure` with what PostgreSQL said.
    public func createDatabase(template: String? = nil, tablespace: String? = nil) throws -> String {
        let name = "test_\(Self.databases.add(1, ordering: .relaxed).newValue)"
        var statement = "CREATE DATABASE \(name)"
        if let template { statement += " TEMPLATE \(Self.quoted(template))" }
        if let tablespace { statement += " TABLESPACE \(Self.quoted(tablespace))" }
        try sql(statement)
        return name
    }

    /// Gives a folder to the user that the server runs as, so that it can keep a tablespace there.
    ///
    /// - Throws: `TestFailure` where that is not allowed.
    public func changeOwner(_ folder: String) throws {
        guard binaries.user.isOtherUser else { return }
        guard chown(folder, binaries.user.uid, binaries.user.gid) == 0 else {
            throw TestFailure.system("chown \(folder)")
        }
    }

    /// Where a database is found.
    ///
    /// - Parameters:
    ///   - database: its name
    ///   - host: where it is to be looked for instead of on 127.0.0.1
    ///   - port: where it is to be looked for instead of on the server's port, as behind a proxy
    /// - Returns: `postgres://sendlog@127.0.0.1:PORT/NAME`.
    public func url(_ database: String, host: String = "127.0.0.1", port: UInt16? = nil) -> String {
        "postgres://sendlog@\(host):\(port ?? self.port)/\(database)"
    }

    private static func quoted(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
