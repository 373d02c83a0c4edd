import Foundation
import Glibc
import TestSupport
import Testing

/// Start and stop of the server, and commands on the database of a running server.
@Suite struct LifetimeTests {
    @Test func `the server prints one line on standard output, and the rest on standard error`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        _ = try tenant.get("/send-logs/a")
        #expect(try server.stop() == .code(0))
        #expect(server.process.output == "sendlog is listening on http://127.0.0.1:\(server.port)\n")
        let lines = server.log.split(separator: "\n")
        #expect(lines.count > 1)
        #expect(lines.allSatisfy { $0.contains(#/^[0-9-]{10}T[0-9:.]{12}Z (info|notice|warning|error) /#) })
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func `a signal drains the server, which exits with 0`(signal: Int32) throws {
        let server = try Server()
        let tenant = try server.tenant()
        // An idle open connection must not delay the stop.
        let idle = try server.connect()
        #expect(try idle.request("GET", "/health").status == 200)
        let lines = LargeBodies.lines(0..<16_000)
        let connection = try server.connect()
        try connection.send(head: "POST", "/send-logs/import", headers: tenant.headers, isChunked: true)
        try connection.send(chunk: lines.prefix(lines.count / 2))
        // Once a batch is recorded, the request is in progress.
        #expect(try Deadline.poll(for: 60) { try tenant.total() > 0 })
        server.process.signal(signal)
        #expect(Deadline.poll(for: 60) { (try? server.connect()) == nil }, "no new connection is accepted")
        #expect(server.process.exit() == nil, "the import is still in progress")
        try connection.send(chunk: lines.dropFirst(lines.count / 2))
        try connection.endChunks()
        #expect(try connection.response().data()["recorded"] == 16_000)
        #expect(try server.process.wait(atMost: 120) == .code(0))

        let again = try Server(in: server.folder)
        let reopened = tenant.on(again)
        #expect(try reopened.total() == 16_000)
        #expect(try again.stop() == .code(0))
    }

    @Test func `a second server on a SQLite file warns, and commands and later servers do not count`() throws {
        let folder = try TemporaryFolder()
        let warning = "warning another server has the database open; "
        let first = try Server(in: folder)
        let tenant = try first.tenant()
        let second = try Server(in: folder)
        #expect(!first.log.contains(warning))
        #expect(second.log.contains(warning), "\(second.log)")
        try tenant.record(SampleLog(id: "a"))
        try tenant.on(second).record(SampleLog(id: "b"))
        #expect(try tenant.total() == 2)
        let listed = try first.command("organisation", "list").succeeded()
        #expect(listed.errors.isEmpty)
        for server in [first, second] { #expect(try server.stop() == .code(0)) }
        let third = try Server(in: folder)
        #expect(try tenant.on(third).total() == 2)
        #expect(!third.log.contains(warning), "\(third.log)")
    }

    @Test func `a server under nohup goes on after SIGHUP`() throws {
        let folder = try TemporaryFolder()
        let database = "sqlite:\(folder.file("test.sqlite"))"
        let process = try ChildProcess(
            "/usr/bin/nohup",
            [TestPaths.binary, "serve", "--port", "0", "--database", database]
        )
        #expect(Deadline.poll(for: 120) { process.output.contains("is listening") })
        process.signal(SIGHUP)
        // A server that stops says so before this command ends.
        _ = try Command.sendlog("organisation", "create", "A", "--database", database).succeeded()
        #expect(!process.errors.contains("stopping"), "\(process.errors)")
        process.signal(SIGTERM)
        #expect(try process.wait() == .code(0))
        #expect(process.errors.contains("stopping"))
    }

    @Test func `data and keys survive a restart`() throws {
        let folder = try TemporaryFolder()
        var tenant: Tenant?
        for round in 0..<3 {
            let server = try Server(in: folder)
            let current = try tenant?.on(server) ?? server.tenant()
            #expect(try current.total() == round)
            try current.record(SampleLog(id: "send-\(round)"))
            #expect(try server.stop() == .code(0))
            tenant = current
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files == ["test.sqlite"], "a stopped server leaves one file")
    }

    @Test func `a revoked key gets 401 within five seconds`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let key = try server.key(of: tenant.name, permissions: ["sendLog"])
        let other = Tenant(server: server, name: tenant.name, key: key)
        // The key is used until it is revoked, so that it is in the server's cache.
        for _ in 0..<20 { #expect(try other.total() == 0) }
        _ = try server.command("key", "revoke", "--organisation", tenant.name, "key_2").succeeded()
        try other.expectRefusal(within: 5, of: .now)
        #expect(try tenant.total() == 0)
    }

    @Test func `the command line works on the database of a running, recording server`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let recorder = try Recorder(in: tenant) { SampleLog(id: "api-\($0)") }
        let lines = (0..<3000).map { SampleLog(id: "file-\($0)").json + "\n" }.joined()
        let file = try server.folder.write("logs.ndjson", lines)
        let imported = try server.command("import", "--organisation", tenant.name, file).succeeded()
        #expect(imported.output == "recorded 3000, existing 0, failed 0\n")
        let check = try server.command("database", "check")
        #expect(check.exit == .code(0), "\(check)")
        let recorded = try recorder.stop()
        #expect(recorded > 1, "nothing was recorded during the commands")
        #expect(try tenant.total() == 3000 + recorded)
        // The server finds a log that the command line recorded.
        #expect(try tenant.get("/send-logs/file-2999").status == 200)
        #expect(try server.command("database", "check").succeeded().output == "ok\n")
        #expect(try server.stop() == .code(0))
    }

    @Test func `the last use of a key is stored when the server stops`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        #expect(try tenant.total() == 0)
        #expect(try server.stop() == .code(0))
        let list = try server.command("key", "list", "--organisation", tenant.name, "--json").succeeded().output
        let keys = try JSON(parsing: list.utf8)
        #expect(keys[0]["lastUsed"].string != nil)
    }

    @Test func `a port in use is refused`() throws {
        let server = try Server()
        let folder = try TemporaryFolder()
        let second = try Command.sendlog(
            "serve",
            "--port",
            "\(server.port)",
            "--database",
            "sqlite:\(folder.file("a.sqlite"))"
        )
        #expect(second.exit == .code(1))
        #expect(second.output.isEmpty)
        let reason = "cannot listen on 127.0.0.1:\(server.port): the address is already in use by another program"
        #expect(second.errors.hasSuffix("Error: \(reason); choose another with http.port (--port)\n"))
        #expect(!second.errors.contains("corrupted") && !second.errors.contains("CancellationError"))
    }

    @Test(arguments: ["/console", "/send-logs/a"])
    func `a base path that begins like a path of the server is refused`(path: String) throws {
        let folder = try TemporaryFolder()
        let database = "sqlite:\(folder.file("a.sqlite"))"
        let refused = try Command.sendlog("serve", "--port", "0", "--database", database, "--base-path", path)
        #expect(refused.exit == .code(1))
        #expect(refused.errors.contains("http.basePath must not begin with /\(path.split(separator: "/")[0]),"))
    }

    @Test(arguments: ["text", "foreign", "newer", "truncated", "folder"])
    func `a file that is not a usable sendlog database is refused and not changed`(kind: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("test.sqlite")
        switch kind {
        case "text": try folder.write("test.sqlite", String(repeating: "precious notes\n", count: 1000))
        case "foreign": _ = try Command.tool("sqlite3", path, "CREATE TABLE recipes (name TEXT)").succeeded()
        case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        default:
            _ = try Command.sendlog("organisation", "create", "A", "--database", "sqlite:\(path)").succeeded()
            if kind == "newer" { _ = try Command.tool("sqlite3", path, "PRAGMA user_version = 9999").succeeded() }
            if kind == "truncated" { #expect(truncate(path, 5000) == 0) }
        }
        let before = FileManager.default.contents(atPath: path)
        let refused = try Command.sendlog("serve", "--port", "0", "--database", "sqlite:\(path)", atMost: 120)
        #expect(refused.exit == .code(1))
        #expect(refused.output.isEmpty)
        #expect(refused.errors.contains("test.sqlite"))
        #expect(FileManager.default.contents(atPath: path) == before)
    }
}
