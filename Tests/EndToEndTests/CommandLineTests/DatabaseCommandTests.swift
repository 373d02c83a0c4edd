import TestSupport
import Testing

/// Commands on a missing or damaged database, and with the former name of a setting.
@Suite struct DatabaseCommandTests {
    @Test(
        arguments: [
            ["database", "check"], ["database", "backup", "copy.db"], ["organisation", "list"],
            ["key", "list", "--organisation", "A"], ["key", "revoke", "--organisation", "A", "key_1"],
            ["key", "create", "--organisation", "A", "--permission", "sendLog"],
            ["import", "--organisation", "A", "/dev/null"], ["organisation", "set", "A", "--calling-code", "27"],
            ["recipient", "27821234567", "--organisation", "A"], ["database", "reindex"],
        ]
    )
    func `a missing database is not created`(command: [String]) throws {
        let folder = try TemporaryFolder()
        let database = folder.file("none.db")
        let refused = try Command(TestPaths.binary, command + ["--database", "sqlite:\(database)"])
        #expect(refused.exit == .code(1))
        #expect(refused.output.isEmpty)
        #expect(refused.errors.contains("the database \(database) does not exist"))
        #expect(try Command.tool("ls", "-A", folder.file("")).output.isEmpty)
    }

    @Test func `a new database is reported once, by commands and by the server`() throws {
        let folder = try TemporaryFolder()
        let (first, second) = (folder.file("a.db"), folder.file("b.db"))
        func create(_ name: String) throws -> String {
            let command = ["organisation", "create", name, "--database", "sqlite:\(first)"]
            return try Command(TestPaths.binary, command).succeeded().errors
        }
        #expect(try create("A").hasPrefix("Created the database \(first).\n"))
        #expect(try !create("B").contains("the database"))
        let copied = try Command(TestPaths.binary, ["database", "copy", "sqlite:\(first)", "sqlite:\(second)"])
        #expect(try copied.succeeded().errors.contains("Created the database \(second).\n"))
        for isNew in [true, false] {
            let server = try Server(in: folder, path: "c.db")
            #expect(try server.stop() == .code(0))
            let line = "notice created the database database=\(folder.file("c.db"))\n"
            #expect(server.log.contains(line) == isNew, "\(server.log)")
        }
    }

    @Test(arguments: ["SENDLOG_DB", "SENDLOG_DATABASE_URL", "SENDLOG_DATABASE_PATH"])
    func `a variable that was meant to name the database is refused`(name: String) throws {
        let folder = try TemporaryFolder()
        let create = ["organisation", "create", "A", "--database", "sqlite:\(folder.file("a.db"))"]
        let refused = try Command(TestPaths.binary, create, environment: [name: "sqlite:b.db"])
        #expect(refused.exit == .code(64))
        #expect(refused.errors == "Error: unknown environment variable \(name); did you mean SENDLOG_DATABASE?\n")
        #expect(try Command.tool("ls", "-A", folder.file("")).output.isEmpty)
    }

    @Test func `a backup can be named like a SQLite database, but not like a PostgreSQL one`() throws {
        let folder = try TemporaryFolder()
        let database = ["--database", "sqlite:\(folder.file("a.db"))"]
        _ = try Command(TestPaths.binary, ["organisation", "create", "A"] + database).succeeded()
        let copy = folder.file("b.db")
        let done = try Command(TestPaths.binary, ["database", "backup", "sqlite:\(copy)"] + database).succeeded()
        #expect(done.errors == "Wrote \(copy).\n")
        let check = ["database", "check", "--database", "sqlite:\(copy)"]
        #expect(try Command(TestPaths.binary, check).succeeded().output == "ok\n")
        for name in ["postgres://sendlog@localhost/sends", "postgresql:b", "sqlite:", ""] {
            let refused = try Command(TestPaths.binary, ["database", "backup", name] + database)
            #expect(refused.exit == .code(64))
            #expect(refused.errors.contains("it must be the path of a file; for PostgreSQL, use pg_dump"), "\(refused)")
        }
    }

    @Test func `commands warn about the former name of a setting`() throws {
        let folder = try TemporaryFolder()
        let environment = ["SENDLOG_SQLITE_PATIENCE": "5"]
        let (first, second) = ("sqlite:\(folder.file("a.sqlite"))", "sqlite:\(folder.file("b.sqlite"))")
        for command in [["organisation", "create", "A", "--database", first], ["database", "copy", first, second]] {
            let done = try Command(TestPaths.binary, command, environment: environment).succeeded()
            let warning = "Warning: SENDLOG_SQLITE_PATIENCE is now called SENDLOG_SQLITE_LOCK_TIMEOUT"
            #expect(done.errors.contains(warning), "\(command): \(done.errors)")
        }
    }

    @Test func `the check reports a damaged database`() throws {
        let folder = try TemporaryFolder()
        let database = folder.file("a.db")
        _ = try Command(TestPaths.binary, ["organisation", "create", "A", "--database", "sqlite:\(database)"])
            .succeeded()
        _ = try Command.tool(
            "sqlite3",
            database,
            """
            PRAGMA journal_mode = DELETE; PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'send_logs_by_start';
            """
        ).succeeded()
        let checked = try Command(TestPaths.binary, ["database", "check", "--database", "sqlite:\(database)"])
        #expect(checked.exit == .code(1))
        #expect(!(checked.output + checked.errors).contains("ok\n"))
    }
}
