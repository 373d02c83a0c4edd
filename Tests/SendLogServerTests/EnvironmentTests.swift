import SendLogHTTP
import Testing

@testable import SendLogServer

/// Environment variables that are not settings, and blank ones.
@Suite struct EnvironmentTests {
    private func warnings(_ environment: [String: String]) throws -> [String] {
        try ConfigurationSources(flags: [:], environment: environment, file: nil).warnings
    }

    private func refusal(_ environment: [String: String]) -> String? {
        do throws(ConfigurationError) {
            _ = try ConfigurationSources(flags: [:], environment: environment, file: nil)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        // Of a Service named sendlog, as Kubernetes documents them.
        ("SENDLOG_PORT", "tcp://10.0.0.1:8080"), ("SENDLOG_SERVICE_HOST", "10.0.0.1"), ("SENDLOG_SERVICE_PORT", "8080"),
        ("SENDLOG_SERVICE_PORT_HTTP", "8080"), ("SENDLOG_SERVICE_PORT_HTTP_ADMIN", "8081"),
        ("SENDLOG_PORT_8080_TCP", "tcp://10.0.0.1:8080"), ("SENDLOG_PORT_8080_TCP_PROTO", "tcp"),
        ("SENDLOG_PORT_8080_TCP_PORT", "8080"), ("SENDLOG_PORT_8080_TCP_ADDR", "10.0.0.1"),
        // UDP, SCTP and IPv6.
        ("SENDLOG_PORT_53_UDP", "udp://10.0.0.1:53"), ("SENDLOG_PORT_53_SCTP_PROTO", "sctp"),
        ("SENDLOG_PORT", "tcp://[fd00::1]:8080"), ("SENDLOG_PORT_8080_TCP_ADDR", "fd00::1"),
        ("SENDLOG_SERVICE_HOST", "fd00::1"),
        // Of Services named sendlog-postgres and sendlog-port.
        ("SENDLOG_POSTGRES_SERVICE_HOST", "10.0.0.2"), ("SENDLOG_POSTGRES_PORT_5432_TCP_PORT", "5432"),
        ("SENDLOG_DB_SERVICE_HOST", "10.0.0.2"), ("SENDLOG_DATABASE_PORT_5432_TCP", "tcp://10.0.0.2:5432"),
        ("SENDLOG_POSTGRES_PORT", "tcp://10.0.0.2:5432"), ("SENDLOG_PORT_PORT_80_TCP_ADDR", "10.0.0.3"),
    ])
    func `a variable of Kubernetes for a Service is ignored without a warning`(name: String, value: String) throws {
        #expect(try warnings([name: value]) == [])
    }

    @Test(arguments: [
        ("SENDLOG_PORT", "8080"), ("SENDLOG_PORT", "tcp://10.0.0.1"), ("SENDLOG_PORT", "tcp://10.0.0.1:0"),
        ("SENDLOG_PORT", "tcp://10.0.0.1:65536"), ("SENDLOG_PORT", "http://10.0.0.1:8080"),
        ("SENDLOG_PORT", "tcp://localhost:8080"), ("SENDLOG_PORT", "tcp://10.0.0.1:8080/"),
        ("SENDLOG_PORT", "tcp://[10.0.0.1:8080"), ("SENDLOG_PORT", ""),
    ])
    func `a name close to a setting's is refused with any other value`(name: String, value: String) {
        #expect(
            refusal([name: value]) == "unknown environment variable SENDLOG_PORT; did you mean SENDLOG_HTTP_PORT?"
        )
    }

    @Test(arguments: [
        ("SENDLOG_SERVICE_HOST", "example.com"), ("SENDLOG_SERVICE_PORT", "http"),
        ("SENDLOG_PORT_8080_TCP_PROTO", "TCP"), ("SENDLOG_PORT_8080_TCP_ADDR", "here"),
        ("SENDLOG_PORT_X_TCP_ADDR", "10.0.0.1"),
    ])
    func `a name of Kubernetes with another value is unknown`(name: String, value: String) throws {
        #expect(try warnings([name: value]) == ["the environment variable \(name) is unknown, and is ignored"])
    }

    @Test func `a setting's variable with the value of a Service is ignored with a warning`() throws {
        let environment = ["SENDLOG_HTTP_PORT": "tcp://10.0.0.1:80"]
        let sources = try ConfigurationSources(flags: [:], environment: environment, file: nil)
        #expect(try ServiceConfiguration(sources).server.port == 8080)
        #expect(
            sources.warnings
                == ["SENDLOG_HTTP_PORT is ignored: Kubernetes sets it to tcp://10.0.0.1:80 for a Service"]
        )
    }

    @Test(arguments: [
        ("SENDLOG_HTTP_PROT", "SENDLOG_HTTP_PORT"), ("SENDLOG_HOST", "SENDLOG_HTTP_HOST"),
        ("SENDLOG_DATABSE", "SENDLOG_DATABASE"), ("SENDLOG_TRUSTED_PROXIES", "SENDLOG_HTTP_TRUSTED_PROXIES"),
        ("SENDLOG_LOGLEVEL", "SENDLOG_LOG_LEVEL"), ("SENDLOG_CONFG", "SENDLOG_CONFIG"),
        // Other names of the database, and names that extend a setting's.
        ("SENDLOG_DB", "SENDLOG_DATABASE"), ("SENDLOG_DB_PATH", "SENDLOG_DATABASE"),
        ("SENDLOG_DATABASE_URL", "SENDLOG_DATABASE"), ("SENDLOG_DATABASE_PATH", "SENDLOG_DATABASE"),
        ("SENDLOG_HTTP_PORT_NUMBER", "SENDLOG_HTTP_PORT"), ("SENDLOG_CONFIG_FILE", "SENDLOG_CONFIG"),
        ("SENDLOG_HTTP_MAX_CONNECTIONS_PER_ADDRESS_V4", "SENDLOG_HTTP_MAX_CONNECTIONS_PER_ADDRESS"),
        // A former name.
        ("SENDLOG_SQLITE_PATIENSE", "SENDLOG_SQLITE_LOCK_TIMEOUT"),
    ])
    func `a misspelt variable is refused with the setting's variable`(name: String, meant: String) {
        #expect(refusal([name: "1"]) == "unknown environment variable \(name); did you mean \(meant)?")
    }

    @Test(arguments: [
        "SENDLOG_VERSION", "SENDLOG_IMAGE", "SENDLOG_TEST_SEED", "SENDLOG_API_KEY", "SENDLOG_", "SENDLOG_HOME",
    ])
    func `any other unknown variable is ignored with a warning`(name: String) throws {
        #expect(try warnings([name: "1"]) == ["the environment variable \(name) is unknown, and is ignored"])
    }

    @Test(arguments: ["slk_secret", ""])
    func `the variable of the console's commands is ignored without a warning`(key: String) throws {
        #expect(try warnings(["SENDLOG_KEY": key]) == [])
    }

    @Test(arguments: ["", " ", "\t\n"])
    func `a blank variable, flag or value of the file is refused as empty`(blank: String) {
        for name in (Setting.all + Setting.formerSettings).map(\.variable) + ["SENDLOG_CONFIG"] {
            #expect(refusal([name: blank]) == "\(name) is empty; give it a value, or leave it out")
        }
        for setting in Setting.all {
            let error = #expect(throws: ConfigurationError.self) {
                try ConfigurationSources(flags: [setting: blank], environment: [:], file: nil)
            }
            #expect(error?.description == "--\(setting.flag) is empty; give it a value, or leave it out")
        }
    }

    @Test func `an empty flag for the file is refused`() {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationSources(flags: [:], environment: ["SENDLOG_CONFIG": "/a"], file: "")
        }
        #expect(error?.description == "--config is empty; give it a value, or leave it out")
    }
}
