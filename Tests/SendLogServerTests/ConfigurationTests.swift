import Foundation
import Logging
import SendLogHTTP
import SendLogPostgres
import SendLogScheduling
import SendLogServices
import SendLogWebhooks
import TestSupport
import Testing

@testable import SendLogSQLite
@testable import SendLogServer

@Suite struct ConfigurationTests {
    private func configuration(
        flags: [Setting: String] = [:],
        environment: [String: String] = [:],
        file: String? = nil
    ) throws -> ServiceConfiguration {
        guard let file else {
            return try ServiceConfiguration(
                try ConfigurationSources(flags: flags, environment: environment, file: nil)
            )
        }
        let folder = try TemporaryFolder()
        let path = try folder.write("configuration.json", file)
        do throws(ConfigurationError) {
            return try ServiceConfiguration(
                try ConfigurationSources(flags: flags, environment: environment, file: path)
            )
        } catch {
            throw ConfigurationError(error.description.replacing(path, with: "FILE"))
        }
    }

    private func refusal(
        flags: [Setting: String] = [:],
        environment: [String: String] = [:],
        file: String? = nil
    ) throws -> String {
        do {
            _ = try configuration(flags: flags, environment: environment, file: file)
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    @Test func `without settings, the defaults apply`() throws {
        let found = try configuration()
        #expect(
            found.server
                == ServerSettings(
                    host: "127.0.0.1",
                    port: 8080,
                    idleTimeout: 60,
                    maxConnections: 10_000,
                    maxConnectionsPerAddress: 4096,
                    threads: max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
                )
        )
        #expect(found.allowedOrigins == [])
        #expect(found.database.description == "sendlog.db")
        #expect(found.logLevel == .info)
        #expect(found.logFormat == .text)
        #expect(found.rateLimit == nil)
        #expect(found.consoleRateLimit == RateLimit(requests: 600, window: 60))
        #expect(found.keyCacheLifetime == .seconds(2))
        #expect(found.consoleSessionMinutes == 720)
        #expect(found.limits == ConcurrencyLimits())
        #expect(found.workerThreads == FairThreadPool.defaultCount)
        #expect(found.recipientIndex)
        #expect(found.webhooks.timeout == 10)
        #expect(found.webhooks.schedule.window == 86_400)
        #expect(found.webhooks.limits.keepDays == 30)
        #expect(found.webhooks.limits.workers == 256)
        #expect(found.webhooks.maxMetrics == 1000)
    }

    @Test func `invalid limits and proxies are refused by name`() throws {
        #expect(
            try refusal(flags: [.maxStreams: "10", .maxStreamsPerOrganisation: "11"])
                == "--max-streams-per-organisation must be at most http.maxStreams, which is 10"
        )
        let limits = try configuration(flags: [.maxStreams: "10", .maxUploads: "5"]).limits
        #expect(limits.streams == (10, 10))
        #expect(limits.uploads == (5, 5))
        #expect(
            try refusal(flags: [.trustedProxies: "10.0.0.1,proxy"])
                == "--trusted-proxies must be addresses and networks such as 10.0.0.0/8, separated by commas; proxy is invalid"
        )
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.256", "a b!", "http://receiver", "0x7f000001", "2130706433"])
    func `an invalid network for webhooks is refused by its text`(part: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try self.configuration(flags: [.webhookAllow: "10.0.0.0/8,\(part)"])
        }
        let name = part.filter { $0 != " " }
        #expect(error?.description.hasPrefix("--webhooks-allow must be networks") == true)
        #expect(error?.description.hasSuffix("; \(name) is invalid") == true)
    }

    @Test func `a lease that an attempt could outlast is refused`() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try self.configuration(flags: [.webhookLease: "9", .webhookTimeout: "7"])
        }
        #expect(
            error?.description
                == "--webhooks-lease-seconds must be at least 10, which is webhooks.timeout plus 3: a lease must outlast an attempt"
        )
        let shortest = try configuration(flags: [.webhookLease: "10", .webhookTimeout: "7"])
        #expect(shortest.webhooks.limits.leaseSeconds == 10)
    }

    @Test func `flags take precedence over the environment, and the environment over the file`() throws {
        let file = #"{"http": {"port": 1, "host": "file", "idleTimeout": 7}, "log": {"level": "error"}}"#
        let found = try configuration(
            flags: [.port: "3"],
            environment: ["SENDLOG_HTTP_PORT": "2", "SENDLOG_HTTP_HOST": "environment"],
            file: file
        )
        #expect(found.server.port == 3)
        #expect(found.server.host == "environment")
        #expect(found.server.idleTimeout == 7)
        #expect(found.logLevel == .error)
    }

    @Test func `the rate limit of the console is off at 0, and does not depend on that of the API`() throws {
        let off = try configuration(flags: [.rateLimitConsoleRequests: "0", .rateLimitRequests: "5"])
        #expect(off.consoleRateLimit == nil && off.rateLimit == RateLimit(requests: 5, window: 60))
        let window = try configuration(flags: [.rateLimitWindow: "5"])
        #expect(window.consoleRateLimit == RateLimit(requests: 600, window: 60) && window.rateLimit == nil)
    }

    @Test func `every setting is read from each source`() throws {
        let values: [Setting: String] = [
            .database: "sqlite:other.db", .host: "localhost", .port: "1234", .idleTimeout: "5", .headTimeout: "17",
            .drainTimeout: "18",
            .minBodyRate: "19", .maxConnections: "6",
            .httpThreads: "3", .maxConnectionsPerAddress: "20", .trustedProxies: "10.0.0.1, 192.168.0.0/16",
            .basePath: "/send/log", .allowedOrigins: "https://a.example, http://b.example:8080",
            .maxStreams: "31", .maxStreamsPerOrganisation: "22",
            .maxUploads: "24", .maxUploadsPerOrganisation: "23", .workerThreads: "23",
            .logLevel: "debug", .logFormat: "json", .logBufferBytes: "70000", .rateLimitRequests: "7",
            .rateLimitWindow: "8",
            .rateLimitConsoleRequests: "26",
            .spoolFolder: FileManager.default.temporaryDirectory.path, .sqliteReaders: "9", .sqliteLockTimeout: "10",
            .sqliteCheckpointSeconds: "25", .postgresConnections: "11", .postgresWaitTimeout: "12",
            .keyCacheSeconds: "4",
            .consoleSessionMinutes: "13", .webhookAllow: "10.0.0.0/8,receiver.internal", .webhookTimeout: "7",
            .webhookRetrySeconds: "3600", .webhookKeepDays: "14", .webhookWorkers: "15",
            .webhookLease: "16", .webhookMaxMetrics: "17", .recipientIndex: "off",
        ]
        #expect(Set(values.keys) == Set(Setting.all), "add each new setting to this test")
        var groups: [String: Any] = [:]
        for (setting, text) in values {
            let value: Any = Int(text) ?? text
            let parts = setting.key.split(separator: ".").map(String.init)
            if parts.count == 1 {
                groups[parts[0]] = value
            } else {
                var group = groups[parts[0]] as? [String: Any] ?? [:]
                group[parts[1]] = value
                groups[parts[0]] = group
            }
        }
        let file = String(decoding: try JSONSerialization.data(withJSONObject: groups), as: UTF8.self)
        let environment = Dictionary(uniqueKeysWithValues: values.map { ($0.key.variable, $0.value) })
        for found in [
            try configuration(flags: values), try configuration(environment: environment),
            try configuration(file: file),
        ] {
            #expect(
                found.server
                    == ServerSettings(
                        host: "localhost",
                        port: 1234,
                        idleTimeout: 5,
                        maxConnections: 6,
                        maxConnectionsPerAddress: 20,
                        proxies: try TrustedProxies("10.0.0.1,192.168.0.0/16"),
                        basePath: "/send/log",
                        threads: 3,
                        slowClientLimits: SlowClientLimits(headTimeout: 17, drainTimeout: 18, minBodyRate: 19)
                    )
            )
            #expect(found.allowedOrigins == ["https://a.example", "http://b.example:8080"])
            #expect(found.database.description == "other.db")
            #expect(found.database.spoolFolder == FileManager.default.temporaryDirectory.path)
            #expect(found.database.sqlite.readers == 9)
            #expect(found.consoleSessionMinutes == 13)
            #expect(found.limits.streams == (31, 22))
            #expect(found.limits.uploads == (24, 23))
            #expect(found.workerThreads == 23)
            #expect(!found.recipientIndex)
            #expect(found.webhooks.timeout == 7)
            #expect(found.webhooks.schedule.window == 3600)
            #expect(found.webhooks.limits.keepDays == 14)
            #expect(found.webhooks.limits.workers == 15)
            #expect(found.webhooks.maxMetrics == 17)
            #expect(found.webhooks.limits.leaseSeconds == 16 && found.webhooks.limits.timeoutSeconds == 7)
            #expect(found.database.sqlite.lockTimeout == 10)
            #expect(found.database.checkpointSeconds == 25)
            #expect(found.database.postgres.connections == 11)
            #expect(found.database.postgres.waitTimeout == 12)
            #expect(found.logLevel == .debug)
            #expect(found.logFormat == .json)
            #expect(found.rateLimit == RateLimit(requests: 7, window: 8))
            #expect(found.consoleRateLimit == RateLimit(requests: 26, window: 60))
            #expect(found.keyCacheLifetime == .seconds(4))
        }
    }

    /// The settings with a former name, and how to read the value that the server would use.
    private static let renamed: [(Setting, read: @Sendable (ServiceConfiguration) -> Int)] = [
        (.sqliteLockTimeout, { Int($0.database.sqlite.lockTimeout) }),
        (.postgresWaitTimeout, { Int($0.database.postgres.waitTimeout) }),
        (.webhookWorkers, { $0.webhooks.limits.workers }),
    ]

    @Test func `every former name is accepted from every source, with a warning`() throws {
        #expect(Self.renamed.compactMap(\.0.former?.key) == Setting.formerSettings.map(\.key))
        for (setting, read) in Self.renamed {
            let former = try #require(setting.former)
            let part = former.key.split(separator: ".")
            let flag = try configuration(flags: [former: "9"])
            let variable = try configuration(environment: [former.variable: "9"])
            let file = try configuration(file: #"{"\#(part[0])": {"\#(part[1])": 9}}"#)
            #expect([flag, variable, file].map(read) == [9, 9, 9], "\(former.key)")
            func warning(_ former: String, _ present: String) -> [String] {
                ["\(former) is now called \(present); the former name will be removed"]
            }
            #expect(flag.warnings == warning("--\(former.flag)", "--\(setting.flag)"))
            #expect(variable.warnings == warning(former.variable, setting.variable))
            let message = try #require(file.warnings.first)
            #expect(message.starts(with: "\(former.key) in ") && message.contains(" is now called \(setting.key) in "))
            #expect(file.warnings.count == 1)
            #expect(try configuration(flags: [setting: "9"]).warnings == [])
        }
    }

    @Test func `a present name takes precedence over a former one of another source`() throws {
        let environment = ["SENDLOG_SQLITE_PATIENCE": "9"]
        let found = try configuration(flags: [.sqliteLockTimeout: "10"], environment: environment)
        #expect(found.database.sqlite.lockTimeout == 10)
        let former = try #require(Setting.sqliteLockTimeout.former)
        let variable = ["SENDLOG_SQLITE_LOCK_TIMEOUT": "10"]
        let other = try configuration(flags: [former: "9"], environment: variable)
        #expect(other.database.sqlite.lockTimeout == 9)
    }

    @Test func `a setting under both names, and a wrong value under the former one, are refused by name`() throws {
        let both = #"{"webhooks": {"lanes": 7, "workers": 8}}"#
        #expect(
            try refusal(file: both)
                == "webhooks.lanes in FILE is the former name of webhooks.workers in FILE; give only webhooks.workers in FILE"
        )
        #expect(
            try refusal(environment: ["SENDLOG_WEBHOOKS_LANES": "many"])
                == "SENDLOG_WEBHOOKS_LANES must be a whole number from 0 to 10000, not many"
        )
        #expect(
            try refusal(environment: ["SENDLOG_WEBHOOKS_LANES": "10001"])
                == "SENDLOG_WEBHOOKS_LANES must be a whole number from 0 to 10000, not 10001"
        )
    }

    @Test func `an invalid value is refused by the name that was given`() throws {
        #expect(
            try refusal(flags: [.port: "70000"])
                == "--port must be a whole number from 0 to 65535, not 70000"
        )
        #expect(try refusal(flags: [.port: "http"]) == "--port must be a whole number from 0 to 65535, not http")
        #expect(
            try refusal(environment: ["SENDLOG_HTTP_PORT": "x"])
                == "SENDLOG_HTTP_PORT must be a whole number from 0 to 65535, not x"
        )
        #expect(
            try refusal(file: #"{"http": {"port": "8080"}}"#)
                == "http.port in FILE must be a whole number from 0 to 65535, not a string"
        )
        #expect(
            try refusal(flags: [.logLevel: "inof"])
                == "--log-level must be one of trace, debug, info, notice, warning, error, critical, not inof; did you mean info?"
        )
        #expect(
            try refusal(flags: [.database: "sendlog.db"])
                == "--database must be sqlite: followed by the path of a file, or postgres://USER@HOST/NAME, not sendlog.db; did you mean sqlite:sendlog.db?"
        )
        #expect(
            try refusal(flags: [.spoolFolder: "/does/not/exist"])
                == "--spool-folder: the folder /does/not/exist does not exist"
        )
        #expect(try refusal(flags: [.keyCacheSeconds: "6"]).hasPrefix("--key-cache-seconds must be"))
    }

    @Test(arguments: [
        "postgres://me:secret@host", "postgres://me:secret/x@host/sends", "postgres://me:secret@host:x/sends",
        "postgres://me:secret@host/sends?colour=secret", "postgres://me:sec%zzret@host/sends",
        "postgress://me:secret@host/sends", "mysql://me:secret@host/sends", "postgres://me:my@secret@host/sends",
        "postgres://me:2024/secret@host/sends", "postgres://me:my@secret/x@host/sends",
        "host=db user=me password=secret dbname=sends", "postgresql:me:secret@host/sends",
    ])
    func `an invalid PostgreSQL location is refused without its password`(text: String) throws {
        let refusal = try refusal(flags: [.database: text])
        #expect(refusal.hasPrefix("--database "))
        #expect(!refusal.contains("sec"))
    }

    @Test func `an error after the password is reported without the password`() throws {
        let unknown = try refusal(flags: [.database: "postgres://me:secret@host/sends?sslmod=require"])
        #expect(unknown.contains("sslmod") && !unknown.contains("secret"))
    }

    @Test(arguments: [
        ("postgres://me:secret@host/sends", "postgres://me@host/sends"),
        ("postgresql://me@one:5433,two:5434/sends?sslmode=require", "postgres://me@one:5433,two:5434/sends"),
        ("postgres:///sends?host=/run/postgresql&password=secret", "postgres:///run/postgresql/sends"),
        ("postgres://[::1]:5432/sends", "postgres://::1:5432/sends"),
    ])
    func `a PostgreSQL location is shown without its password`(text: String, shown: String) throws {
        let found = try configuration(environment: ["SENDLOG_DATABASE": text]).database
        #expect(found.description == shown)
    }

    @Test func `unknown names are refused with the nearest known name`() throws {
        #expect(
            try refusal(environment: ["SENDLOG_HTTP_PROT": "1"])
                == "unknown environment variable SENDLOG_HTTP_PROT; did you mean SENDLOG_HTTP_PORT?"
        )
        #expect(
            try refusal(file: #"{"http": {"prot": 1}}"#)
                == "http.prot in FILE is not a known setting; did you mean http.port?"
        )
        #expect(try refusal(file: #"{"colour": {"of": 1}}"#) == "colour in FILE is not a known setting")
        #expect(
            try refusal(file: #"{"port": 1}"#)
                == #"port in FILE is not a known setting; did you mean {"http": {"port": …}}?"#
        )
        #expect(
            try refusal(file: #"{"http.port": 1}"#)
                == #"http.port in FILE is not a known setting; did you mean {"http": {"port": …}}?"#
        )
        #expect(try refusal(file: #"{"log": "json"}"#) == "log in FILE must be an object, not a string")
    }

    @Test func `an invalid configuration file is refused with the position of the error`() throws {
        #expect(try refusal(file: "[]") == "the configuration file FILE must contain a JSON object, not an array")
        #expect(
            try refusal(file: #"{"http": {"port": 1}"#)
                == "the configuration file FILE is not valid JSON: the text ends too early, at byte 20"
        )
        #expect(
            try refusal(file: #"{"http": {"port": 1},}"#)
                == "the configuration file FILE is not valid JSON: '}' where a field name in double quotes was expected, at byte 21"
        )
        #expect(
            try refusal(file: #"{"http": {"port": 1, "port": 2}}"#)
                == "http.port in FILE must be given only once"
        )
        #expect(
            try refusal(file: #"{"http": {"port": null}}"#)
                == "http.port in FILE must be a whole number from 0 to 65535, not null"
        )
    }

    @Test func `a boolean is not accepted as a number`() throws {
        #expect(
            try refusal(file: #"{"http": {"port": true}}"#)
                == "http.port in FILE must be a whole number from 0 to 65535, not a boolean"
        )
        #expect(
            try refusal(file: #"{"rateLimit": {"requests": false}}"#)
                == "rateLimit.requests in FILE must be a whole number from 0 to 1000000000, not a boolean"
        )
        #expect(try configuration(file: #"{"http": {"port": 1}}"#).server.port == 1)
        #expect(try configuration(file: #"{"http": {"port": 0}}"#).server.port == 0)
    }

    @Test func `a missing configuration file is refused`() throws {
        #expect(throws: ConfigurationError.self) {
            _ = try ConfigurationSources(flags: [:], environment: [:], file: "/does/not/exist.json")
        }
        #expect(throws: ConfigurationError.self) {
            _ = try ConfigurationSources(
                flags: [:],
                environment: ["SENDLOG_CONFIG": "/does/not/exist.json"],
                file: nil
            )
        }
    }
}
