import Foundation
import Glibc
import TestSupport
import Testing

/// Files that only their owner can read, with any umask.
@Suite struct FileModesTests {
    private static func mode(_ path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw TestFailure.system("stat \(path)") }
        return Int(status.st_mode & 0o7777)
    }

    /// Runs `sendlog` with a umask.
    private static func sendlog(_ umask: String, _ arguments: [String]) throws -> Command {
        let command = ["-c", "umask \(umask); exec \"$@\"", "sh", TestPaths.binary]
        return try Command("/bin/sh", command + arguments).succeeded()
    }

    @Test(arguments: ["000", "022", "077", "777"])
    func `every file is created for its owner alone, with each umask`(umask: String) throws {
        let folder = try TemporaryFolder()
        let (path, database) = (folder.file("a.db"), "sqlite:\(folder.file("a.db"))")
        func sendlog(_ arguments: String...) throws {
            _ = try Self.sendlog(umask, arguments + ["--database", database])
        }
        try sendlog("organisation", "create", "A")
        try sendlog("database", "backup", folder.file("backup.db"))
        _ = try Self.sendlog(umask, ["database", "copy", database, "sqlite:\(folder.file("copy.db"))"])
        // Backups of earlier versions, and of other programs, may have any mode.
        #expect(chmod(folder.file("backup.db"), 0o644) == 0)
        try sendlog("database", "restore", folder.file("backup.db"))
        #expect(chmod(folder.file("backup.db"), 0o600) == 0)
        let aside = try #require(try folder.names().first { $0.contains(".replaced-") })
        for name in ["a.db", aside, "copy.db", "a.db-backups"] {
            #expect(try Self.mode(folder.file(name)) == 0o600, "\(name)")
        }
        let command = ["-c", "umask \(umask); exec \"$@\"", "sh", TestPaths.binary]
        let listen = ["serve", "--host", "127.0.0.1", "--port", "0", "--database", database]
        let server = try ChildProcess("/bin/sh", command + listen)
        #expect(Deadline.poll(for: 120) { server.output.contains("\n") || server.exit() != nil })
        for name in ["a.db", "a.db-wal", "a.db-shm"] { #expect(try Self.mode(folder.file(name)) == 0o600, "\(name)") }
        try sendlog("database", "backup", folder.file("second.db"))
        #expect(try Self.mode(folder.file("second.db")) == 0o600)
        server.signal(SIGTERM)
        #expect(try server.wait() == .code(0))
        #expect(!server.errors.contains(" warning "), "\(server.errors)")
        #expect(try Self.mode(path) == 0o600)
    }

    @Test func `a database that others can read is set aside for its owner alone, and its backup has mode 0600`() throws
    {
        let server = try Server(in: TemporaryFolder())
        try server.tenant().record(SampleLog(id: "a"))
        #expect(chmod(server.folder.file("test.sqlite"), 0o664) == 0)
        let backup = server.folder.file("backup.db")
        _ = try server.command("database", "backup", backup).succeeded()
        #expect(try Self.mode(backup) == 0o600)
        #expect(try server.stop() == .code(0))
        _ = try server.command("database", "restore", backup).succeeded()
        let aside = try #require(try server.folder.names().first { $0.contains(".replaced-") })
        #expect(try Self.mode(server.folder.file(aside)) == 0o600)
        #expect(try Self.mode(server.folder.file("test.sqlite")) == 0o600)
    }

    @Test func `the server warns about existing files with wider modes, and says what to do`() throws {
        let server = try Server(in: TemporaryFolder())
        _ = try server.tenant()
        _ = try server.command("database", "backup", server.folder.file("backup.db")).succeeded()
        #expect(try server.stop() == .code(0))
        #expect(!server.log.contains(" warning "), "\(server.log)")
        let (database, backup) = (server.folder.file("test.sqlite"), server.folder.file("backup.db"))
        #expect(chmod(database, 0o644) == 0 && chmod(backup, 0o660) == 0 && chmod(server.folder.path, 0o777) == 0)
        let again = try Server(in: server.folder)
        let log = again.log
        for (path, problem, advice) in [
            (database, "can be read by other users (mode 644)", "chmod 600 \(database)"),
            // SQLite gives them the mode of the database.
            ("\(database)-wal", "can be read by other users (mode 644)", "chmod 600 \(database)-wal"),
            ("\(database)-shm", "can be read by other users (mode 644)", "chmod 600 \(database)-shm"),
            (backup, "can be read and written by its group (mode 660)", "chmod 600 \(backup)"),
            (server.folder.path, "can be written by other users (mode 777)", "chmod o-w \(server.folder.path)"),
        ] { #expect(log.contains("\(path) \(problem); run \(advice)\n"), "\(path): \(log)") }
        #expect(log.split(separator: "\n").count { $0.contains(" warning ") } == 5, "\(log)")
        #expect(try again.stop() == .code(0))
    }

    @Test func `a server deletes unfinished backups of its folder when it starts, but none in progress`() throws {
        let folder = try TemporaryFolder()
        let left = "old.db.unfinished-0123456789abcdef"
        for name in [left, "\(left)-journal", "notes.unfinished-2026"] { try folder.write(name, "part") }
        let busy = folder.file("new.db.unfinished-fedcba9876543210")
        try folder.write("new.db.unfinished-fedcba9876543210", "part")
        let descriptor = open(busy, O_RDWR | O_CLOEXEC)
        #expect(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let server = try Server(in: folder)
        #expect(server.log.contains("notice deleted an unfinished backup file=\(folder.file(left))"))
        let names = try folder.names()
        #expect(
            names.filter { $0.contains("unfinished") } == [
                "new.db.unfinished-fedcba9876543210", "notes.unfinished-2026",
            ]
        )
        #expect(try server.stop() == .code(0))
        close(descriptor)
        #expect(try Server(in: folder).stop() == .code(0))
        #expect(try folder.names().filter { $0.contains("unfinished") } == ["notes.unfinished-2026"])
    }
}
