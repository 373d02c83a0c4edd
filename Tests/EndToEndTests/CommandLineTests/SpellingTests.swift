import TestSupport
import Testing

/// Hints at the command or option that was meant.
@Suite struct SpellingTests {
    @Test(arguments: [
        (["organization", "list"], "unknown command organization; did you mean organisation?"),
        (["organization"], "unknown command organization; did you mean organisation?"),
        (["organization", "--help"], "unknown command organization; did you mean organisation?"),
        (["help", "organization"], "unknown command organization; did you mean organisation?"),
        (["orgs", "list"], "unknown command orgs; did you mean organisation?"),
        (["--organization", "A"], "unknown option --organization; did you mean --organisation?"),
        (["org", "create", "A"], "unknown command org; did you mean organisation?"),
        (["serv"], "unknown command serv; did you mean serve?"), (["keys", "list"], "did you mean key?"),
        (
            ["invoice"],
            "unknown command invoice; the commands are serve, organisation, key, import, recipient, database, config, doctor"
        ),
        (["key", "lsit"], "unknown command lsit; did you mean list?"),
        (["organisation", "delete"], "unknown command delete; the commands are create, set, list"),
        (["key", "list", "--organization", "A"], "unknown option --organization; did you mean --organisation?"),
        (["key", "list", "--org=A"], "unknown option --org; did you mean --organisation?"),
        (["key", "create", "--permission", "sendLog", "--organization=A"], "did you mean --organisation?"),
        (["key", "revoke", "key_1", "--orgnisation", "A"], "did you mean --organisation?"),
        (["import", "file", "--Organisation", "A"], "did you mean --organisation?"),
        (["serve", "--prot", "1"], "unknown option --prot; did you mean --port?"),
        (["serve", "--sqlite-patiense", "1"], "did you mean --sqlite-patience?"),
        (["database", "check", "--databse", "a"], "did you mean --database?"),
    ])
    func `a misspelt command or option gets a hint`(arguments: [String], hint: String) throws {
        let refused = try Command(TestPaths.binary, arguments)
        #expect(refused.exit == .code(64))
        #expect(refused.output.isEmpty)
        let lines = refused.errors.split(separator: "\n")
        #expect(lines.first?.hasPrefix("Error: ") == true && lines.first?.hasSuffix(hint) == true, "\(refused)")
        #expect(lines.dropFirst().first?.hasPrefix("Usage: sendlog") == true, "\(refused)")
    }

    @Test(arguments: [
        (["serve", "--nonsense"], "unknown option --nonsense"), (["key", "list"], "--organisation"),
        (["serve", "--port"], "--port"), (["import"], "<file>"), (["--generate-completion-script", "tcsh"], "tcsh"),
        (["import", "--organisation", "A", "--", "--organization"], "exist"),
    ])
    func `other errors have no hint`(arguments: [String], part: String) throws {
        let refused = try Command(TestPaths.binary, arguments)
        #expect(refused.exit != .code(0))
        #expect(refused.errors.contains(part) && !refused.errors.contains("did you mean"), "\(refused)")
    }
}
