import Foundation
import Glibc
import TestSupport

/// The folder of PostgreSQL's programs, and the user that runs them: the server refuses to run as root.
public struct PostgresBinaries: Sendable {
    /// The folder of `initdb`, `pg_ctl`, `postgres`, `pg_basebackup` and `psql`.
    public let folder: String
    /// The unprivileged user that the server runs as; the tests' user, unless that is root.
    public let user: PostgresUser

    /// Finds the programs on this machine.
    ///
    /// The newest version under `/usr/lib/postgresql`, or else the one whose `initdb` is in `PATH`.
    ///
    /// - Throws: `TestFailure` if a program or a user to run it is missing.
    public static func find() throws -> PostgresBinaries { try found.get() }

    private static let found = Result {
        PostgresBinaries(folder: try newestFolder(), user: try PostgresUser.unprivileged())
    }

    /// The path of a program.
    ///
    /// - Returns: its absolute path.
    public func path(_ program: String) -> String { "\(folder)/\(program)" }

    private static func newestFolder() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newestFirst = versions.sorted { (Double($0) ?? 0) > (Double($1) ?? 0) }.map { "\(root)/\($0)/bin" }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // A symbolic link in PATH leads to the folder of the other programs.
        let inPath = path.split(separator: ":").map { URL(filePath: "\($0)/initdb") }
            .map { $0.resolvingSymlinksInPath().deletingLastPathComponent().path }
        let programs = ["initdb", "pg_ctl", "postgres", "pg_basebackup", "psql"]
        let complete = (newestFirst + inPath).first { folder in
            programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
        }
        guard let complete else {
            throw TestFailure(
                """
                PostgreSQL's server programs (\(programs.joined(separator: ", "))) are neither under \(root) \
                nor in PATH: install the Debian package postgresql
                """
            )
        }
        return complete
    }
}

/// A user of this machine.
public struct PostgresUser: Sendable {
    /// The user's name.
    public let name: String
    let uid: uid_t
    let gid: gid_t

    /// Whether this is not the tests' user.
    var isOtherUser: Bool { uid != getuid() }

    /// The user that runs the server: the tests' user; if that is root, `postgres`, else `nobody`.
    ///
    /// - Throws: an error if the tests run as root and neither user exists.
    static func unprivileged() throws -> PostgresUser {
        guard getuid() == 0 else {
            let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) }
            return PostgresUser(name: name ?? String(getuid()), uid: getuid(), gid: getgid())
        }
        for name in ["postgres", "nobody"] {
            guard let entry = getpwnam(name) else { continue }
            return PostgresUser(name: name, uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
        }
        throw TestFailure("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")
    }
}
