import Foundation
import Glibc
import TestSupport
import Testing

/// `sendlog database restore`, and the files of a database that is deleted or replaced under a running server.
@Suite struct RestoreCommandTests {
    @Test func `a backup is restored beside the WAL of a killed server, whose database is set aside`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "before"))
        let backup = server.folder.file("backup.db")
        _ = try server.command("database", "backup", backup).succeeded()
        try tenant.record(SampleLog(id: "after"))
        try server.crash()

        // Copied by hand, the backup would be damaged by the WAL.
        let (main, wal) = (server.folder.file("test.sqlite"), server.folder.file("test.sqlite-wal"))
        let original = FileManager.default.contents(atPath: main)
        _ = try Command.tool("cp", backup, main).succeeded()
        let refused = try server.command("organisation", "list")
        #expect(refused.exit == .code(1))
        #expect(refused.errors.contains("\(wal) belongs to another database than \(main), and would damage it"))
        #expect(FileManager.default.contents(atPath: main) == FileManager.default.contents(atPath: backup))
        try #require(original).write(to: URL(filePath: main))

        let restored = try server.command("database", "restore", backup).succeeded()
        let aside = try #require(restored.errors.firstMatch(of: /aside as (\S+\.replaced-\d{8}T\d{6}Z)\./)).1
        #expect(restored.errors.hasSuffix("Restored \(main) from \(backup).\n"))
        let files = try FileManager.default.contentsOfDirectory(atPath: server.folder.path)
        #expect(Set(files).isSuperset(of: ["backup.db", "test.sqlite"]))
        #expect(!files.contains { $0.contains("unfinished") || $0 == "test.sqlite-wal" })
        let again = try Server(in: server.folder)
        #expect(try tenant.on(again).total() == 1)
        #expect(try again.stop() == .code(0))
        let old = try Server(in: server.folder, database: "sqlite:\(aside)")
        #expect(try tenant.on(old).total() == 2)
    }

    @Test func `a database in use is not replaced, and a damaged backup is not restored`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        let destinations = (0..<20_000).map { "2782\(1_000_000 + $0 * 7)" }
        try tenant.record(SampleLog(id: "a", destinations: destinations))
        let backup = server.folder.file("backup.db")
        _ = try server.command("database", "backup", backup).succeeded()
        let files = try FileManager.default.contentsOfDirectory(atPath: server.folder.path).sorted()

        let running = try server.command("database", "restore", backup)
        #expect(running.exit == .code(1))
        #expect(running.errors.contains("is in use by process \(server.process.pid); stop it first"), "\(running)")
        #expect(try tenant.total() == 1)
        #expect(try server.stop() == .code(0))

        _ = try Command.tool("sqlite3", backup, "UPDATE destination_chunks SET count = count + 1").succeeded()
        let damaged = try server.command("database", "restore", backup)
        #expect(damaged.exit == .code(1))
        #expect(damaged.errors.contains("\(backup) is damaged, so it was not restored: "), "\(damaged)")
        // The first page stays, so that SQLite takes it for a database.
        let bytes = try server.folder.bytes("backup.db")
        let torn = server.folder.file("torn.db")
        try Data(bytes.prefix(bytes.count / 2)).write(to: URL(filePath: torn))
        let refusal = try server.command("database", "restore", torn)
        #expect(refusal.exit == .code(1) && refusal.errors.contains("\(torn) is damaged"), "\(refusal)")
        #expect(!refusal.errors.contains("restore it from a backup"), "\(refusal)")
        try FileManager.default.removeItem(atPath: torn)
        let text = try server.folder.write("notes.txt", String(repeating: "not a database\n", count: 1000))
        for (file, reason) in [
            (server.folder.file("none.db"), "does not exist"), (text, "is not a sendlog database"),
            (server.folder.file("test.sqlite"), "is the database itself"),
        ] {
            let refused = try server.command("database", "restore", file)
            #expect(refused.exit == .code(1))
            #expect(refused.errors.contains("\(file) \(reason)"), "\(refused)")
            #expect(!refused.errors.contains("organisation create"), "\(refused)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: server.folder.path).sorted()
        #expect(left == (files.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") } + ["notes.txt"]).sorted())
        let again = try Server(in: server.folder)
        #expect(try tenant.on(again).total() == 1)
    }

    @Test func `a backup with a WAL beside it, and a PostgreSQL database, are refused`() throws {
        let server = try Server(in: TemporaryFolder())
        _ = try server.tenant()
        let refused = try Command.sendlog(
            "database",
            "restore",
            server.folder.file("test.sqlite"),
            "--database",
            "sqlite:\(server.folder.file("other.db"))"
        )
        #expect(refused.exit == .code(1))
        #expect(refused.errors.contains("was not closed or is in use"), "\(refused)")
        for (backup, location, code) in [
            ("postgres://localhost/a", server.database, Exit.code(64)),
            (server.folder.file("a.db"), "postgres://localhost/a", .code(1)),
        ] {
            let refused = try Command.sendlog("database", "restore", backup, "--database", location)
            #expect(refused.exit == code)
            #expect(refused.errors.contains("pg_restore"), "\(refused)")
        }
    }

    @Test func `an interrupted backup is deleted by the next one`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        let lines = LargeBodies.lines(0..<20_000)
        let file = try server.folder.write("logs.ndjson", String(decoding: lines, as: UTF8.self))
        _ = try server.command("import", "--organisation", tenant.name, file).succeeded()
        var isInterrupted = false
        for attempt in 0..<20 where !isInterrupted {
            let backup = try ChildProcess(
                TestPaths.binary,
                ["database", "backup", server.folder.file("b\(attempt).db"), "--database", server.database]
            )
            isInterrupted = Deadline.poll(for: 30, every: 200) {
                (try? Self.unfinished(in: server.folder).isEmpty) == false || backup.exit() != nil
            }
            backup.signal(SIGKILL)
            _ = try backup.wait()
            isInterrupted = try !Self.unfinished(in: server.folder).isEmpty
        }
        try #require(isInterrupted, "no backup was interrupted")
        _ = try server.command("database", "backup", server.folder.file("last.db")).succeeded()
        #expect(try Self.unfinished(in: server.folder) == [])
    }

    @Test func `a server whose database is deleted answers 503, and confirms nothing that is lost`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "a"))
        let (main, moved) = (server.folder.file("test.sqlite"), server.folder.file("moved.sqlite"))
        try FileManager.default.moveItem(atPath: main, toPath: moved)
        let refused = try tenant.post("/send-logs", SampleLog(id: "b").json)
        #expect(refused.status == 503)
        #expect(refused.text.contains("the database file was replaced"), "\(refused.text)")
        #expect(try server.connect().request("GET", "/health").status == 503)
        #expect(
            Deadline.poll(for: 60) { server.process.errors.contains("error \(main) was deleted, moved or replaced") }
        )
        try FileManager.default.moveItem(atPath: moved, toPath: main)
        #expect(try Deadline.poll(for: 60) { try server.connect().request("GET", "/health").status == 200 })
        try tenant.record(SampleLog(id: "c"))
        try FileManager.default.removeItem(atPath: main)
        #expect(try tenant.post("/send-logs", SampleLog(id: "d").json).status == 503)
        #expect(try server.stop() == .code(0))
        let again = try server.command("organisation", "create", "New")
        #expect(again.exit == .code(1))
        #expect(again.errors.contains("\(main) does not exist or is empty, but \(main)-wal has data"), "\(again)")
    }

    @Test func `a database behind a symbolic link is protected and restored in its own folder`() throws {
        let folder = try TemporaryFolder()
        for name in ["real", "link"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
        }
        let (real, link) = (folder.file("real/d.db"), folder.file("link/d.db"))
        _ = try Command.sendlog("organisation", "create", "A", "--database", "sqlite:\(real)").succeeded()
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../real/d.db")
        let older = try #require(FileManager.default.contents(atPath: real))
        let flags = ["--sqlite-checkpoint-seconds", "1"]
        let server = try Server(in: folder, database: "sqlite:\(link)", arguments: flags)
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "a"))
        let backup = folder.file("backup.db")
        _ = try server.command("database", "backup", backup).succeeded()
        let isMoved = Deadline.poll(for: 60) {
            FileManager.default.contents(atPath: real)?.range(of: Data("\"a\"".utf8)) != nil
        }
        #expect(isMoved, "the server made no checkpoint")
        try tenant.record(SampleLog(id: "b"))
        try server.crash()
        try older.write(to: URL(filePath: real))
        let refused = try server.command("organisation", "list")
        #expect(refused.errors.contains("\(real)-wal belongs to another database than \(real)"), "\(refused)")
        _ = try server.command("database", "restore", backup).succeeded()
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "../real/d.db")
        let again = try Server(in: folder, database: "sqlite:\(link)")
        #expect(try tenant.on(again).total() == 1)
        let copied = try Command.sendlog("database", "copy", "sqlite:\(link)", "sqlite:\(real)")
        #expect(copied.exit == .code(64) && copied.errors.contains("the same database"), "\(copied)")
    }

    @Test func `files of others stay, and a database can be restored twice within a second`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "a"))
        let backup = server.folder.file("backup.db")
        try server.folder.write("notes.unfinished-2026", "keep me")
        _ = try server.command("database", "backup", backup).succeeded()
        #expect(try server.stop() == .code(0))
        for _ in 0..<2 { _ = try server.command("database", "restore", backup).succeeded() }
        let names = try FileManager.default.contentsOfDirectory(atPath: server.folder.path)
        #expect(names.contains("notes.unfinished-2026"))
        #expect(names.filter { $0.contains(".replaced-") }.count == 2, "\(names)")
    }

    private static func unfinished(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains(".unfinished-") }
    }
}
