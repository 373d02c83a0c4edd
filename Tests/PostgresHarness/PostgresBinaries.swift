import Foundation
import Glibc
import TestSupport

/// Where PostgreSQL's programs are, and who may run them: its server refuses to run as root.
public struct PostgresBinaries: Sendable {
    /// The folder of `initdb`, `pg_ctl`, `postgres`, `pg_basebackup` and `psql`.
    public let folder: String
    /// The unprivileged user the server runs as; we ourselves, where we are not root.
    public let user: PostgresUser

    /// What is found on this machine.
    ///
    /// The newest version under `/usr/lib/postgresql`, or else the one whose `initdb` is in `PATH`.
    ///
    /// - Throws: `TestFailure` where a program is missing, or a user to run it.
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
        // A link in PATH leads to the folder where the other programs are.
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

    /// Whether it takes a change of user to run something as this one.
    var isOtherUser: Bool { uid != getuid() }

    /// Who runs the server: `postgres`, else `nobody`, where we are root; otherwise we ourselves.
    ///
    /// - Throws: where root finds neither.
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
