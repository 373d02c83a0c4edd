import TestSupport
import Testing

/// Commands on a missing or damaged database, and with the former name of a setting.
@Suite struct DatabaseCommandTests {
    @Test(
        arguments: [
            ["database", "check"], ["database", "backup", "copy.db"], ["organisation", "list"],
            ["key", "list", "--organisation", "A"], ["key", "revoke", "--organisation", "A", "key_1"],
            ["key", "create", "--organisation", "A", "--permission", "sendLog"],
            ["import", "--organisation", "A", "/dev/null"],
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
