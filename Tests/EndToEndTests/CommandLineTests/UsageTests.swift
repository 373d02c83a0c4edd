import Foundation
import TestSupport
import Testing

/// Help, usage errors, settings and completions.
@Suite struct UsageTests {
    static let commands = [
        [], ["serve"], ["organisation"], ["organisation", "create"], ["organisation", "list"], ["key"],
        ["key", "create"],
        ["key", "list"], ["key", "revoke"], ["import"], ["database"], ["database", "check"], ["database", "backup"],
        ["organisation", "set"], ["recipient"], ["database", "reindex"], ["config"], ["doctor"],
    ]

    @Test(arguments: commands)
    func `help is printed on standard output`(command: [String]) throws {
        let help = try Command(TestPaths.binary, command + ["--help"]).succeeded()
        #expect(help.output.contains("OVERVIEW: "))
        #expect(help.output.contains("USAGE: sendlog"))
        #expect(help.errors.isEmpty)
    }

    @Test func `the help of an expiry names its forms`() throws {
        let help = try Command.sendlog("key", "create", "--help").succeeded().output
        let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("2027-01-31, which is midnight UTC, or a time such as 2027-01-31T17:30:00+02:00"))
    }

    @Test func `the version is printed`() throws {
        #expect(try Command.sendlog("--version").succeeded().output.contains(/[0-9]+\.[0-9]+/))
    }

    @Test(
        arguments: [
            ["serv"], ["serve", "--prot", "1"], ["serve", "extra"], ["key", "create"],
            ["key", "create", "--organisation", "A"],
            ["key", "create", "--permission", "sendLog"], ["key", "revoke", "--organisation", "A"],
            ["organisation", "create"],
            ["organisation", "create", "a", "b"], ["import"], ["import", "file"], ["database", "backup"],
            ["database", "chek"],
            ["serve", "--port"], ["--nonsense"], ["recipient", "27821234567"], ["organisation", "set", "A"],
        ]
    )
    func `an invalid command line exits with 64, with the error on standard error only`(command: [String]) throws {
        let refused = try Command(TestPaths.binary, command)
        #expect(refused.exit == .code(64))
        #expect(refused.output.isEmpty)
        #expect(refused.errors.contains("Error") || refused.errors.contains("error"))
    }

    @Test(
        arguments: [
            ("--port", "eighty"), ("--port", "65536"), ("--port", "-1"), ("--port", "80.5"), ("--port", ""),
            ("--rate-limit-requests", "-1"), ("--rate-limit-requests", "many"), ("--rate-limit-window", "0"),
            ("--idle-timeout", "0"), ("--max-connections", "0"), ("--log-level", "loud"), ("--log-format", "xml"),
            ("--sqlite-readers", "0"), ("--sqlite-lock-timeout", "-1"), ("--key-cache-seconds", "6"),
            ("--spool-folder", "/nowhere/at/all"), ("--recipients-index", "yes"),
            ("--host", ""), ("--host", "localhost:80"), ("--base-path", "sendlog"), ("--base-path", "/sendlog/"),
            ("--allowed-origins", "https://a.example/"), ("--allowed-origins", "null"),
            ("--allowed-origins", ",,"), ("--trusted-proxies", "10.0.0.1,,10.0.0.2"),
            ("--trusted-proxies", "10.0.0.1/8"),
            ("--database", "postgres://a"), ("--database", "data.sqlite"), ("--database", "sqlite:"),
            ("--database", "sqlite::memory:"),
            ("--database", "sqlite:/nowhere/at/all/a.sqlite"), ("--config", "/nowhere/at/all.json"),
        ]
    )
    func `an invalid flag is refused at start, and the error names it`(flag: String, value: String) throws {
        let refused = try Command.sendlog("serve", "\(flag)=\(value)")
        #expect(refused.exit == .code(64))
        #expect(refused.output.isEmpty)
        let name =
            flag == "--config" ? "configuration file" : flag == "--spool-folder" ? "spool" : String(flag.dropFirst(2))
        #expect(refused.errors.lowercased().contains(name))
    }

    @Test(
        arguments: [
            ("SENDLOG_HTTP_PORT", "eighty"), ("SENDLOG_HTTP_PORT", "70000"), ("SENDLOG_PORT", "8080"),
            ("SENDLOG_LOG_LEVEL", "loud"),
            ("SENDLOG_RATE_LIMIT_REQUESTS", "-5"), ("SENDLOG_DATABSE", "sqlite:a"), ("SENDLOG_DATABASE", "mysql:a"),
            ("SENDLOG_HTTP_BASE_PATH", "a/b"), ("SENDLOG_HTTP_ALLOWED_ORIGINS", "a.example"),
            ("SENDLOG_KEYS_CACHE_SECONDS", "60"), ("SENDLOG_HTTP_MAX_CONNECTIONS", "0"),
        ]
    )
    func `an invalid variable is refused at start, and the error names it`(name: String, value: String) throws {
        let refused = try Command.sendlog("serve", environment: [name: value])
        #expect(refused.exit == .code(64))
        #expect(refused.output.isEmpty)
        #expect(refused.errors.contains(name) || name == "SENDLOG_DATABASE" && refused.errors.contains("database"))
    }

    @Test(
        arguments: [
            (#"{"http":{"port":"eighty"}}"#, "http.port"), (#"{"http":{"prot":8080}}"#, "http.prot"),
            (#"{"port":8080}"#, "port"),
            (#"{"log":{"level":5}}"#, "log.level"), (#"{"rateLimit":{"window":0}}"#, "rateLimit.window"),
            (#"{"rateLimit":{"consoleRequests":-1}}"#, "rateLimit.consoleRequests"),
            ("[]", "configuration file"),
            ("nonsense", "configuration file"), (#"{"http":8080}"#, "http"), (#"{"http":{"port":80.5}}"#, "http.port"),
            (#"{"http":{"basePath":"/a/"}}"#, "http.basePath"),
            (#"{"http":{"allowedOrigins":["https://a.example"]}}"#, "http.allowedOrigins"),
        ]
    )
    func `an invalid file is refused at start, and the error names the key`(text: String, key: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("sendlog.json", text)
        for refused in [
            try Command.sendlog("serve", "--config", file),
            try Command.sendlog("serve", environment: ["SENDLOG_CONFIG": file]),
        ] {
            #expect(refused.exit == .code(64))
            #expect(refused.output.isEmpty)
            #expect(refused.errors.contains(key))
        }
    }

    @Test(
        arguments: [
            ["organisation", "list"], ["organisation", "create", "A"], ["key", "list", "--organisation", "A"],
            ["import", "--organisation", "A", "/dev/null"], ["database", "check"], ["database", "distribute"],
            ["database", "copy", "sqlite:a.db", "sqlite:b.db"], ["config"], ["doctor"],
        ]
    )
    func `every command refuses an invalid value of a setting that it does not use`(command: [String]) throws {
        for (name, value) in [
            ("SENDLOG_HTTP_HOST", "localhost:80"), ("SENDLOG_HTTP_BASE_PATH", "sendlog"),
            ("SENDLOG_HTTP_ALLOWED_ORIGINS", "a.example"), ("SENDLOG_HTTP_TRUSTED_PROXIES", "10.0.0.1/8"),
            ("SENDLOG_HTTP_MAX_STREAMS_PER_ORGANISATION", "1001"), ("SENDLOG_WEBHOOKS_ALLOW", "10.0.0.1/8"),
            ("SENDLOG_WEBHOOKS_LEASE_SECONDS", "5"), ("SENDLOG_WEBHOOKS_MAX_METRICS", "10001"),
            ("SENDLOG_LOG_LEVEL", "loud"),
        ] {
            let refused = try Command(TestPaths.binary, command, environment: [name: value])
            #expect(refused.exit == .code(64), "\(refused)")
            #expect(refused.output.isEmpty && refused.errors.hasPrefix("Error: \(name) must "), "\(refused)")
        }
    }

    @Test(
        arguments: [
            (["serve", "--port", "1", "--port=2"], "--port"),
            (["serve", "--sqlite-patience", "1", "--sqlite-patience", "1"], "--sqlite-patience"),
            (["organisation", "create", "A", "--database", "sqlite:a", "--database", "sqlite:b"], "--database"),
            (["organisation", "list", "--config=a", "--json", "--config", "b"], "--config"),
            (["key", "create", "--organisation", "A", "--permission", "*", "--organisation", "B"], "--organisation"),
            (["key", "create", "--name", "a", "--name", "a", "--organisation", "A", "--permission", "*"], "--name"),
            (["import", "--organisation", "A", "--organisation", "A", "file"], "--organisation"),
            (["database", "distribute", "--shards", "1", "--shards", "2"], "--shards"),
            (["database", "copy", "a", "b", "--config", "a", "--config", "b"], "--config"),
        ]
    )
    func `an option that is given twice is refused`(command: [String], option: String) throws {
        let refused = try Command(TestPaths.binary, command)
        #expect(refused.exit == .code(64))
        #expect(refused.output.isEmpty)
        let lines = refused.errors.split(separator: "\n")
        #expect(lines.first == "Error: \(option) was given twice; give it only once", "\(refused)")
        let words = command.prefix(command[0] == "serve" || command[0] == "import" ? 1 : 2).joined(separator: " ")
        #expect(lines.dropFirst().first?.hasPrefix("Usage: sendlog \(words)") == true, "\(refused)")
    }

    @Test func `what follows -- is not an option, and a repeated option does not hide the help`() throws {
        let folder = try TemporaryFolder()
        let database = ["--database", "sqlite:\(folder.file("a.db"))"]
        _ = try Command(TestPaths.binary, ["organisation", "create"] + database + ["--", "--database"]).succeeded()
        let list = try Command(TestPaths.binary, ["organisation", "list", "--json"] + database).succeeded()
        #expect(list.output.contains("\"--database\""))
        let help = try Command.sendlog("serve", "--port", "1", "--port", "2", "--help").succeeded()
        #expect(help.output.contains("--port"))
    }

    @Test func `serve has every flag of the configuration page, former ones too`() throws {
        let page = try String(contentsOf: TestPaths.package.appending(path: "docs/configuration.md"), encoding: .utf8)
        let help = try Command.sendlog("serve", "--help-hidden").succeeded().output
        let known = Set(help.matches(of: /--[a-z-]+/).map { String($0.output) })
        let flags = page.split(separator: "\n").filter { $0.hasPrefix("|") }.flatMap { $0.matches(of: /`(--[a-z-]+)`/) }
        #expect(flags.count > 30)
        for flag in flags { #expect(known.contains(String(flag.output.1))) }
    }

    @Test func `flags override the environment, and the environment overrides the file`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "sendlog.json",
            #"{"rateLimit":{"requests":1,"window":600},"log":{"format":"json"}}"#
        )
        func servedRequests(_ server: Server) throws -> Int {
            let tenant = try server.tenant()
            return try (0..<5).map { _ in try tenant.get("/send-logs/a").status }.filter { $0 == 404 }.count
        }
        let variables = ["SENDLOG_CONFIG": file]
        let byFile = try Server(environment: variables)
        #expect(try servedRequests(byFile) == 1)
        #expect(byFile.log.hasPrefix("{"))
        let byVariable = try Server(environment: variables.merging(["SENDLOG_RATE_LIMIT_REQUESTS": "2"]) { $1 })
        #expect(try servedRequests(byVariable) == 2)
        let byFlag = try Server(
            arguments: ["--rate-limit-requests", "3", "--log-format", "text"],
            environment: variables.merging(["SENDLOG_RATE_LIMIT_REQUESTS": "2"]) { $1 }
        )
        #expect(try servedRequests(byFlag) == 3)
        #expect(!byFlag.log.hasPrefix("{"))
    }

    @Test(arguments: [("bash", "complete"), ("zsh", "#compdef sendlog"), ("fish", "complete -c")])
    func `a completion script is generated for each shell`(shell: String, marker: String) throws {
        let script = try Command.sendlog("--generate-completion-script", shell).succeeded()
        #expect(script.output.contains(marker))
        for word in ["organisation", "serve", "rate-limit-requests", "backup"] { #expect(script.output.contains(word)) }
        guard shell == "bash" else { return }
        let folder = try TemporaryFolder()
        let file = try folder.write("completion.bash", script.output)
        _ = try Command.tool("bash", "-n", file).succeeded()
    }
}
