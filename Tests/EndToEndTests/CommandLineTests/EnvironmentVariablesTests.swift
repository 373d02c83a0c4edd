import Glibc
import TestSupport
import Testing

/// Variables that Kubernetes and the console's commands set, and an IPv6 address.
@Suite struct EnvironmentVariablesTests {
    private static let service = [
        "SENDLOG_PORT": "tcp://10.0.0.1:8080", "SENDLOG_SERVICE_HOST": "10.0.0.1", "SENDLOG_SERVICE_PORT": "8080",
        "SENDLOG_SERVICE_PORT_HTTP": "8080", "SENDLOG_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "SENDLOG_PORT_8080_TCP_PROTO": "tcp", "SENDLOG_PORT_8080_TCP_PORT": "8080",
        "SENDLOG_PORT_8080_TCP_ADDR": "10.0.0.1",
    ]

    @Test func `the server and commands run with the variables of a Service, and with SENDLOG_KEY`() throws {
        let environment = Self.service.merging(["SENDLOG_KEY": "slk_secret"]) { $1 }
        let server = try Server(environment: environment)
        #expect(try server.connect().request("GET", "/health").status == 200)
        #expect(try server.stop() == .code(0))
        #expect(!server.log.contains("warning") && !server.log.contains("slk_secret"))
        let list = ["organisation", "list", "--json", "--database", server.database]
        let command = try Command(TestPaths.binary, list, environment: environment).succeeded()
        #expect(command.errors.isEmpty)
    }

    @Test func `an unknown variable is a warning of the server and of commands`() throws {
        let environment = ["SENDLOG_COLOUR": "blue"]
        let server = try Server(environment: environment)
        let warning = "the environment variable SENDLOG_COLOUR is unknown, and is ignored"
        #expect(try server.stop() == .code(0))
        #expect(server.log.contains("warning \(warning)"))
        let list = ["organisation", "list", "--json", "--database", server.database]
        #expect(try Command(TestPaths.binary, list, environment: environment).errors == "Warning: \(warning)\n")
    }

    @Test(arguments: ["SENDLOG_HTTP_PORT", "SENDLOG_HTTP_HOST", "SENDLOG_DATABASE", "SENDLOG_CONFIG"])
    func `a blank variable is refused as empty`(name: String) throws {
        let refused = try Command.sendlog("serve", environment: [name: ""])
        #expect(refused.exit == .code(64))
        #expect(refused.errors == "Error: \(name) is empty; give it a value, or leave it out\n")
    }

    @Test(arguments: [
        ("*", "https://any.example"), ("http://localhost:3000, HTTPS://App.Example.com:443", "https://app.example.com"),
    ])
    func `a page of an allowed origin may read responses`(setting: String, origin: String) throws {
        let server = try Server(environment: ["SENDLOG_HTTP_ALLOWED_ORIGINS": setting])
        let tenant = try server.tenant()
        func allowed(_ origin: String) throws -> String? {
            let headers = tenant.headers + [("Origin", origin)]
            return try server.connect().request("GET", "/send-logs/a", headers: headers)["access-control-allow-origin"]
        }
        #expect(try allowed(origin) == origin)
        #expect(try allowed("https://other.example") == (setting == "*" ? "https://other.example" : nil))
        #expect(try server.stop() == .code(0))
    }

    @Test(arguments: [true, false])
    func `an IPv6 address can have brackets, and is printed with them`(fromVariable: Bool) throws {
        let folder = try TemporaryFolder()
        let flags = ["serve", "--port", "0", "--database", "sqlite:\(folder.file("a.db"))"]
        let process = try ChildProcess(
            TestPaths.binary,
            fromVariable ? flags : flags + ["--host", "[::1]"],
            environment: fromVariable ? ["SENDLOG_HTTP_HOST": "[::1]"] : [:]
        )
        #expect(Deadline.poll(for: 120) { process.output.contains("\n") || process.exit() != nil })
        let line = process.output.wholeMatch(of: /sendlog is listening on (http:\/\/\[::1\]:[0-9]+)\n/)
        let address = try #require(line?.output.1, "\(process.output) \(process.errors)")
        #expect(try Command.tool("curl", "-sg", "\(address)/health").succeeded().output.contains(#""ok":true"#))
        process.signal(SIGTERM)
        #expect(try process.wait(atMost: 120) == .code(0))
    }
}
