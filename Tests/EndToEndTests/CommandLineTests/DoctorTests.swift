import Foundation
import Glibc
import PostgresHarness
import TestSupport
import Testing

/// `sendlog doctor` finds each problem that is planted, on both kinds of databases, and nothing in a healthy set-up.
@Suite(.blocking) struct DoctorTests {
    /// Flags with which a machine that runs tests is healthy.
    private static let flags = ["--max-connections", "100"]

    /// The findings of a run, and how it ended.
    private struct Diagnosis {
        let command: Command
        let findings: [JSON]

        init(_ database: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
            let all = ["doctor", "--json", "--database", database] + DoctorTests.flags + arguments
            command = try Command(TestPaths.binary, all, environment: environment)
            findings = try JSON(parsing: command.output.utf8).elements
        }

        /// The messages of a check with a severity.
        func messages(_ check: String, _ severity: String) -> [String] {
            findings.filter { $0["check"].string == check && $0["severity"].string == severity }
                .compactMap(\.["message"].string)
        }
    }

    /// Starts a server on a disk that is large enough, and records a send.
    private static func server(onPostgres: Bool, _ disk: SmallDisk? = nil) throws -> (Server, Tenant) {
        let database = onPostgres ? try PostgresServer.shared().url(PostgresServer.shared().createDatabase()) : nil
        let server = try Server(in: disk?.folder ?? TemporaryFolder(), database: database, arguments: flags)
        let tenant = try server.tenant(permissions: "sendLog", "webhook")
        try tenant.record(SampleLog(id: "a"))
        return (server, tenant)
    }

    @Test func `a healthy set-up has no findings, with a running server and without one, and nothing changes`() throws {
        let disk = try SmallDisk(megabytes: 4096)
        let (server, _) = try Self.server(onPostgres: false, disk)
        _ = try server.command("database", "backup", disk.folder.file("backup.db")).succeeded()
        for isRunning in [true, false] {
            let running = try Diagnosis(server.database)
            #expect(running.command.exit == .code(0) && running.findings == [], "\(running.command)")
            let text = try Command(TestPaths.binary, ["doctor", "--database", server.database] + Self.flags)
            #expect(try text.succeeded().output == "ok\n")
            #expect(text.errors.isEmpty)
            if isRunning { #expect(try server.stop() == .code(0)) }
        }
        let before = try disk.folder.bytes("test.sqlite")
        _ = try Diagnosis(server.database)
        #expect(try disk.folder.bytes("test.sqlite") == before)
        #expect(try disk.folder.names() == ["backup.db", "test.sqlite", "test.sqlite-backups"])
    }

    @Test func `of a healthy PostgreSQL database only the age of the last backup is unknown`() throws {
        let disk = try SmallDisk(megabytes: 4096)
        let (server, _) = try Self.server(onPostgres: true, disk)
        let found = try Diagnosis(server.database, ["--spool-folder", disk.folder.path])
        #expect(found.command.exit == .code(0), "\(found.command)")
        #expect(found.findings.map(\.["check"].string) == ["lastBackup"] && found.findings[0]["severity"] == "note")
        let none = try Diagnosis(server.database, ["--spool-folder", disk.folder.path, "--max-backup-age", "0"])
        #expect(none.findings == [])
        #expect(try server.stop() == .code(0))
    }

    /// Changes that each plant a problem: the SQL, the check that must find it, its severity, and a part of its message.
    private static let plants: [(sql: String, check: String, severity: String, message: String)] = [
        ("UPDATE api_keys SET last_used = FUTURE", "clock", "warning", "last uses of keys are too far in the future"),
        ("INSERT INTO recording_times VALUES (1, 5, FUTURE)", "clock", "warning", "1 times of recording are too far"),
        (
            "INSERT INTO webhook_deliveries VALUES (1, 'x', 1, 0, 'a', 0, 'waiting', FUTURE, 1, '[]')", "clock",
            "warning", "1 next attempts of webhook deliveries are too far"
        ),
        ("INSERT INTO sessions SELECT hash, 1, FUTURE FROM api_keys", "clock", "warning", "ends of console sessions"),
        ("UPDATE organisation_days SET sends = 101, day = 40000", "clock", "note", "101 sends have a startDeliveryAt"),
        ("UPDATE webhooks SET paused = PAST", "webhooks", "warning", "of organisation 1 is paused since"),
        ("UPDATE webhooks SET failing_since = PAST", "webhooks", "warning", "fail since"),
        ("INSERT INTO recording_times VALUES (1, 5, PAST)", "webhooks", "warning", "of organisation 1 is delayed: it"),
        ("UPDATE api_keys SET permissions = '*'", "keys", "warning", "key_1 of organisation 1 has the permission *"),
        ("UPDATE destination_chunks SET crc = crc + 1", "damage", "problem", "organisation 1, send log 1: chunk 0"),
        ("UPDATE webhooks SET definition = '{'", "damage", "problem", "the row of a webhook is damaged"),
    ]

    @Test(arguments: [false, true], plants.indices)
    func `a problem in the database is found, with what to do`(onPostgres: Bool, plant index: Int) throws {
        let plant = Self.plants[index]
        let (server, tenant) = try Self.server(onPostgres: onPostgres)
        // It is not delivered: no send is recorded afterwards.
        _ = try Hook(tenant, "https://receiver.example/secret-path")
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let sql = plant.sql.replacing("FUTURE", with: "\(now + 400 * 86_400_000)")
            .replacing("PAST", with: "\(now - 3_600_000)")
            // PostgreSQL has the organisation in the key of its sessions.
            .replacing("sessions SELECT", with: onPostgres ? "console_sessions SELECT 1," : "sessions SELECT")
        #expect(try Diagnosis(server.database).messages(plant.check, plant.severity) == [])
        try server.executeSQL(sql)
        let found = try Diagnosis(server.database)
        #expect(found.messages(plant.check, plant.severity).contains { $0.contains(plant.message) }, "\(found.command)")
        #expect(found.findings.allSatisfy { $0["advice"].string?.isEmpty == false })
        let severities = Set(found.findings.compactMap(\.["severity"].string))
        let code: Int32 = severities.contains("problem") ? 2 : severities.contains("warning") ? 1 : 0
        #expect(found.command.exit == .code(code), "\(found.command)")
        if plant.severity == "problem" { #expect(code == 2) }
        // Nothing that identifies a recipient, and no message, URL or key.
        for secret in ["2782", "27831234567", "Hi {{", "secret-path", "slk_", "whsec_"] {
            #expect(!found.command.output.contains(secret) && !found.command.errors.contains(secret))
        }
        #expect(try server.stop() == .code(0))
    }

    @Test func `a missing index of PostgreSQL is found`() throws {
        let (server, _) = try Self.server(onPostgres: true)
        try server.executeSQL("DROP INDEX send_logs_by_start")
        let messages = try Diagnosis(server.database).messages("database", "problem")
        #expect(messages.count == 1 && messages[0].contains("the index send_logs_by_start is missing"), "\(messages)")
        #expect(try server.stop() == .code(0))
    }

    @Test func `many paused webhooks are named in part and counted`() throws {
        let (server, tenant) = try Self.server(onPostgres: false)
        for number in 0..<12 { _ = try Hook(tenant, "https://receiver.example/\(number)") }
        try server.executeSQL("UPDATE webhooks SET paused = 5")
        let messages = try Diagnosis(server.database).messages("webhooks", "warning")
        let last = "2 further webhooks are paused, failing or delayed"
        #expect(messages.count == 11 && messages.last == last, "\(messages)")
    }

    @Test func `wide modes, a missing backup and an old one are found`() throws {
        let (server, _) = try Self.server(onPostgres: false)
        let first = try Diagnosis(server.database)
        #expect(first.messages("lastBackup", "warning").first?.hasPrefix("no backup of ") == true, "\(first.command)")
        #expect(first.command.exit == .code(1))
        let backup = server.folder.file("backup.db")
        _ = try server.command("database", "backup", backup).succeeded()
        #expect(try Diagnosis(server.database).messages("lastBackup", "warning") == [])
        let record = server.folder.file("test.sqlite-backups")
        try server.folder.write("test.sqlite-backups", #"{"at":"2022-01-01T00:00:00.000Z","file":"\#(backup)"}"# + "\n")
        let old = try Diagnosis(server.database).messages("lastBackup", "warning")
        #expect(
            old.first?.contains("\(backup), was made") == true && old.first?.hasSuffix(" days ago") == true,
            "\(old)"
        )
        #expect(try Diagnosis(server.database, ["--max-backup-age", "0"]).messages("lastBackup", "warning") == [])
        try server.folder.write("test.sqlite-backups", "")
        _ = try server.command("database", "backup", server.folder.file("later.db")).succeeded()
        #expect(try Diagnosis(server.database).messages("lastBackup", "warning") == [])
        try FileManager.default.removeItem(atPath: server.folder.file("later.db"))
        let gone = try Diagnosis(server.database).messages("lastBackup", "warning")
        #expect(gone.first?.hasSuffix("\(server.folder.file("later.db")), is not there any more") == true, "\(gone)")
        try server.folder.write("test.sqlite-backups", #"{"at":"2022-01-01T00:00:00.000Z","file":"\#(backup)"}"# + "\n")
        for file in [server.folder.file("test.sqlite"), backup, record] { #expect(chmod(file, 0o640) == 0) }
        let modes = try Diagnosis(server.database).messages("fileModes", "warning")
        #expect(modes.count == 3 && modes.allSatisfy { $0.contains("can be read by its group (mode 640)") }, "\(modes)")
        #expect(try server.stop() == .code(0))
    }

    @Test func `a configuration file that other users can read is found, and a note is not followed by ok`() throws {
        let (server, _) = try Self.server(onPostgres: true)
        let file = try server.folder.write("sendlog.json", #"{"database":"\#(server.database)"}"#)
        let disk = try SmallDisk(megabytes: 4096)
        let arguments = ["doctor", "--config", file, "--spool-folder", disk.folder.path] + Self.flags
        for (mode, isFound) in [(0o640, false), (0o644, true)] as [(mode_t, Bool)] {
            #expect(chmod(file, mode) == 0)
            let found = try Command(TestPaths.binary, arguments)
            #expect(found.exit == .code(isFound ? 1 : 0), "\(found)")
            let message = "warning: the configuration file \(file), which can have a password, can be read by other"
            #expect(found.output.contains(message) == isFound, "\(found)")
            #expect(found.output.contains("note: the age of the last backup"))
            #expect(!found.lines.contains("ok"), "\(found)")
        }
        #expect(try server.stop() == .code(0))
    }

    @Test func `settings that are not valid are a finding in JSON`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("sendlog.json", #"{"http":{"port":"x"}}"#)
        let found = try Command(TestPaths.binary, ["doctor", "--json", "--config", file])
        #expect(found.exit == .code(64))
        let findings = try JSON(parsing: found.output.utf8).elements
        #expect(findings.count == 1 && findings[0]["check"] == "settings" && findings[0]["severity"] == "problem")
        #expect(findings.first?["message"].string?.contains("http.port in \(file)") == true, "\(found)")
        #expect(found.errors.hasPrefix("Error: http.port in \(file)"), "\(found)")
        let unreadable = [(folder.path, "cannot be read: Is a directory"), (folder.file("none"), "does not exist")]
        for (path, reason) in unreadable {
            let refused = try Command(TestPaths.binary, ["doctor", "--json", "--config", path])
            let message = "the configuration file \(path) \(reason)"
            #expect(try JSON(parsing: refused.output.utf8).elements.first?["message"].string == message, "\(refused)")
        }
    }

    @Test(arguments: [(512, "warning"), (100, "problem")])
    func `a nearly full file system is found`(megabytes: Int, severity: String) throws {
        let disk = try SmallDisk(megabytes: megabytes)
        let (server, _) = try Self.server(onPostgres: false, disk)
        let found = try Diagnosis(server.database).messages("freeSpace", severity)
        #expect(found.count == 1 && found[0].contains(disk.folder.path) && found[0].contains(" MiB left"), "\(found)")
        #expect(try server.stop() == .code(0))
    }

    @Test func `a limit of open files that is too low is found, of a server too`() throws {
        let folder = try TemporaryFolder()
        let database = "sqlite:\(folder.file("a.db"))"
        _ = try Command.sendlog("organisation", "create", "A", "--database", database).succeeded()
        func limited(_ arguments: [String]) -> [String] {
            ["-c", "ulimit -n 256; exec \"$@\"", "sh", TestPaths.binary] + arguments
        }
        let doctor = ["doctor", "--json", "--max-connections", "200", "--database", database]
        let own = try Command("/bin/sh", limited(doctor))
        #expect(own.output.contains("this process can open 256 files, enough for 192 of 200 connections"), "\(own)")
        #expect(!(try Command(TestPaths.binary, doctor).output.contains("openFiles")))
        let server = try ChildProcess("/bin/sh", limited(["serve", "--port", "0", "--database", database]))
        #expect(Deadline.poll(for: 120) { server.output.contains("\n") || server.exit() != nil })
        let ofServer = try Command(TestPaths.binary, doctor)
        let message = "process \(server.pid), which has the database open, can open 256 files"
        #expect(ofServer.output.contains(message), "\(ofServer)")
        server.signal(SIGTERM)
        #expect(try server.wait() == .code(0))
    }

    @Test func `a long WAL, a public address and an unknown host are found`() throws {
        let folder = try TemporaryFolder()
        let database = "sqlite:\(folder.file("a.db"))"
        _ = try Command.sendlog("organisation", "create", "A", "--database", database).succeeded()
        // A sparse file.
        try folder.write("a.db-wal", "")
        #expect(truncate(folder.file("a.db-wal"), 300 << 20) == 0)
        let found = try Diagnosis(database, ["--host", "0.0.0.0"])
        #expect(found.messages("wal", "warning") == ["\(folder.file("a.db-wal")) has 300 MiB"], "\(found.command)")
        #expect(found.messages("address", "warning").first?.contains("listens on 0.0.0.0:8080") == true)
        let proxy = ["--host", "0.0.0.0", "--trusted-proxies", "127.0.0.1"]
        #expect(try Diagnosis(database, proxy).messages("address", "warning") == [])
        let unknown = try Diagnosis(database, ["--host", "no-such-host.invalid"])
        #expect(unknown.messages("address", "problem").count == 1 && unknown.command.exit == .code(2))
    }

    @Test func `a database that cannot be used is a problem, and is neither created nor changed`() throws {
        let folder = try TemporaryFolder()
        try folder.write("notes.txt", String(repeating: "not a database\n", count: 100))
        let empty = try PostgresServer.shared().url(PostgresServer.shared().createDatabase())
        for (database, part) in [
            ("sqlite:\(folder.file("none.db"))", "does not exist"),
            ("sqlite:\(folder.file("notes.txt"))", "is not a sendlog database"),
            (empty, "is not a sendlog database yet"),
            ("postgres://sendlog:s3cret@127.0.0.1:1/sends", "cannot be opened"),
        ] {
            let found = try Diagnosis(database)
            #expect(found.command.exit == .code(2))
            let messages = found.messages("database", "problem")
            #expect(messages.count == 1 && messages[0].contains(part), "\(found.command)")
            #expect(!found.command.output.contains("s3cret"))
            if part == "does not exist" { #expect(found.messages("lastBackup", "warning") == []) }
        }
        #expect(try folder.names() == ["notes.txt"])
    }

    @Test func `each finding has two lines, problems come first, and invalid arguments exit with 64`() throws {
        let (server, _) = try Self.server(onPostgres: false)
        try server.executeSQL("UPDATE destination_chunks SET crc = crc + 1")
        let found = try server.command("doctor")
        #expect(found.exit == .code(2))
        let lines = found.lines
        #expect(
            lines.count % 2 == 0 && lines.first?.hasPrefix("problem: organisation 1, send log 1: ") == true,
            "\(found)"
        )
        for index in lines.indices {
            let isAdvice = index % 2 == 1
            #expect(lines[index].hasPrefix("  ") == isAdvice, "\(lines[index])")
            #expect(isAdvice || lines[index].contains(/^(problem|warning|note):/), "\(lines[index])")
        }
        for arguments in [["--max-backup-age", "-1"], ["--max-backup-age", "x"], ["--port", "x"], ["--prot", "1"]] {
            let refused = try Command(TestPaths.binary, ["doctor"] + arguments)
            #expect(refused.exit == .code(64) && refused.output.isEmpty, "\(refused)")
        }
        let negative = try Command(TestPaths.binary, ["doctor", "--max-backup-age", "-1"])
        #expect(negative.errors.hasPrefix("Error: --max-backup-age must be 0 or more, not -1\n"), "\(negative)")
        #expect(try server.stop() == .code(0))
    }
}
