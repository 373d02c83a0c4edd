import TestSupport
import Testing

/// `sendlog key`.
@Suite struct KeyCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try sendlog("organisation", "create", "Example").succeeded()
        _ = try sendlog("organisation", "create", "Other").succeeded()
    }

    private func sendlog(_ arguments: String...) throws -> Command {
        try Command(TestPaths.binary, arguments + ["--database", "sqlite:\(folder.file("test.sqlite"))"])
    }

    private func keys(_ organisation: String = "Example") throws -> [JSON] {
        let list = try sendlog("key", "list", "--organisation", organisation, "--json").succeeded().output
        return try JSON(parsing: list.utf8).elements
    }

    @Test func `create prints only the key on standard output, and the rest on standard error`() throws {
        let created = try sendlog("key", "create", "--organisation", "Example", "--permission", "sendLog").succeeded()
        #expect(created.output.wholeMatch(of: /slk_[0-9A-Za-z]{38}\n/) != nil)
        #expect(created.errors.contains("key_1"))
        #expect(created.errors.contains("sendLog"))
        #expect(!created.errors.contains("slk_"))
    }

    @Test func `a key that cannot be printed is revoked`() throws {
        let created = try Command(
            "/bin/bash",
            [
                "-c", "exec \"$0\" \"$@\" > /dev/full", TestPaths.binary, "key", "create", "--organisation", "Example",
                "--permission", "sendLog", "--database", "sqlite:\(folder.file("test.sqlite"))",
            ]
        )
        #expect(created.exit == .code(1))
        #expect(created.errors.contains("standard output"))
        #expect(try keys().map { $0["state"] } == [.string("revoked")])
    }

    @Test func `a key is revoked if the reader of its pipe has ended`() throws {
        let create = ["key", "create", "--organisation", "Example", "--permission", "sendLog"]
        let database = ["--database", "sqlite:\(folder.file("test.sqlite"))"]
        let pipe = "(sleep 1; exec \"$0\" \"$@\") | (exec 0<&-; sleep 3); exit ${PIPESTATUS[0]}"
        let created = try Command("/bin/bash", ["-c", pipe, TestPaths.binary] + create + database)
        #expect(created.exit == .code(1))
        #expect(created.errors.contains("standard output"))
        #expect(try keys().map { $0["state"] } == [.string("revoked")])
    }

    @Test func `list shows the properties of a key, and never the key itself`() throws {
        let key = try sendlog(
            "key",
            "create",
            "--organisation",
            "Example",
            "--permission",
            "sendLog.read",
            "--permission",
            "sendLog.create",
            "--name",
            "nightly import",
            "--expires",
            "90d"
        ).succeeded().lines[0]
        let list = try sendlog("key", "list", "--organisation", "Example").succeeded()
        for word in ["key_1", "nightly import", "sendLog.read", "sendLog.create"] {
            #expect(list.output.contains(word))
        }
        #expect(!list.output.contains(key))
        #expect(!list.output.contains(key.suffix(20)))
        let row = try keys()[0]
        #expect(row["permissions"] == ["sendLog.read", "sendLog.create"])
        #expect(row["name"] == "nightly import")
        #expect(try keys("Other").isEmpty)
        // The database file does not contain the key.
        let found = try Command.tool("grep", "-c", "-a", String(key.dropFirst(4)), folder.file("test.sqlite"))
        #expect(found.exit == .code(1))
    }

    @Test(arguments: ["90d", "12h", "30m", "2999-01-31", "2999-01-31T12:00:00+02:00"])
    func `a key can have an expiry`(when: String) throws {
        let created = try sendlog(
            "key",
            "create",
            "--organisation",
            "Example",
            "--permission",
            "*",
            "--expires",
            when
        ).succeeded()
        #expect(created.output.hasPrefix("slk_"))
        let expires = try keys()[0]["expires"].string
        #expect(expires?.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z/) != nil)
        if when.hasPrefix("2999") { #expect(expires?.hasPrefix("2999-01-31T") == true) }
    }

    @Test(
        arguments: [
            ("90", "must be 90d, 12h, 30m, or a date such as 2027-01-31"), ("-5d", "'-5d'"),
            ("0d", "from 1 to 1,000,000 days"),
            ("tomorrow", "'tomorrow'"), ("1y", "'1y'"), ("2020-01-01", "is in the past"), ("1.5h", "'1.5h'"),
            ("99999999999999999999d", "it must be from 1 to 1,000,000 days, hours or minutes"),
            ("9999999999999m", "from 1 to 1,000,000 days"), ("a\u{1b}[2J", "must be 90d"),
            ("2999-01-31T12:00:00", "must have Z or an offset such as +02:00 at its end"),
            ("2999-01-31 12:00:00Z", "must have a T"), ("31.01.2999", "year, month and day in this order"),
        ]
    )
    func `a malformed or past expiry is refused`(when: String, says: String) throws {
        let created = try sendlog(
            "key",
            "create",
            "--organisation",
            "Example",
            "--permission",
            "sendLog",
            "--expires=\(when)"
        )
        #expect(created.exit == .code(64))
        #expect(created.output.isEmpty)
        #expect(created.errors.contains("--expires") && created.errors.contains(says), "\(created.errors)")
        #expect(try keys().isEmpty)
    }

    @Test(arguments: [
        ("sendlog.read", "sendLog.read"), ("read", "sendLog.read"), ("invoice", "sendLog"), ("", "sendLog"),
        ("sendLog.*", "sendLog"),
    ])
    func `an unknown permission is refused, and a known one is suggested`(name: String, suggestion: String) throws {
        let created = try sendlog("key", "create", "--organisation", "Example", "--permission", name)
        #expect(created.exit == .code(64))
        #expect(created.output.isEmpty)
        #expect(created.errors.contains("--permission"))
        #expect(created.errors.contains(suggestion))
    }

    @Test func `an unknown organisation is refused, and the nearest name is suggested`() throws {
        for arguments in [["create", "--permission", "sendLog"], ["list"]] {
            let refused = try Command(
                TestPaths.binary,
                ["key"] + arguments + [
                    "--organisation", "Exampel", "--database", "sqlite:\(folder.file("test.sqlite"))",
                ]
            )
            #expect(refused.exit == .code(1))
            #expect(refused.errors.contains("Exampel"))
            #expect(refused.errors.contains("Example"))
        }
    }

    @Test func `revoke revokes a key of the given organisation only, and can be repeated`() throws {
        for organisation in ["Example", "Other"] {
            _ = try sendlog("key", "create", "--organisation", organisation, "--permission", "sendLog").succeeded()
        }
        // A key of another organisation is not found.
        let foreign = try sendlog("key", "revoke", "--organisation", "Example", "key_2")
        #expect(foreign.exit == .code(1))
        #expect(foreign.errors.contains("key_2"))
        #expect(try keys("Other")[0]["revoked"] == .null)
        let revoked = try sendlog("key", "revoke", "--organisation", "Example", "key_1").succeeded()
        #expect(revoked.errors == "Revoked key_1 of \"Example\".\n")
        let time = try #require(try keys()[0]["revoked"].string)
        // To revoke a key twice is no error.
        let again = try sendlog("key", "revoke", "--organisation", "Example", "key_1").succeeded()
        #expect(again.errors == "key_1 of \"Example\" was already revoked, at \(time).\n")
        #expect(try keys()[0]["revoked"].string == time)
    }

    @Test func `revoke says that the key had already expired`() throws {
        _ = try sendlog("key", "create", "--organisation", "Example", "--permission", "sendLog", "--expires", "1d")
            .succeeded()
        _ = try Command.tool("sqlite3", folder.file("test.sqlite"), "UPDATE api_keys SET expires = 0").succeeded()
        let revoked = try sendlog("key", "revoke", "--organisation", "Example", "key_1").succeeded()
        let text = "Revoked key_1 of \"Example\", which had already expired, at 1970-01-01T00:00:00.000Z.\n"
        #expect(revoked.errors == text)
        #expect(try keys()[0]["state"] == "revoked")
    }

    @Test(arguments: ["", "1x", "key_", "key_0", "key_-1", "key_99999999999999999999", "slk_abc", "key_77"])
    func `a malformed or unknown key ID is refused`(id: String) throws {
        let refused = try sendlog("key", "revoke", "--organisation", "Example", id)
        #expect(refused.exit == .code(id == "key_77" ? 1 : 64))
        #expect(refused.errors.contains("key list"))
    }
}
