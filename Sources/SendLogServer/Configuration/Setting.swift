import SendLogCore

/// A setting that a flag, the environment or the configuration file can give.
public struct Setting: Hashable, Sendable {
    /// The name in the file, with dots between its parts: `http.port` is `{"http": {"port": …}}`.
    public let key: String
    /// The flag of `sendlog serve` without hyphens; empty if the setting has no flag.
    public let flag: String
    /// The type and the valid values.
    let kind: Kind
    /// The value if no source gives the setting.
    let standard: SettingDefault
    /// The key in earlier versions, if it was different; see ``former``.
    private let formerKey: String?

    init(_ key: String, flag: String, _ kind: Kind, default standard: SettingDefault, formerKey: String? = nil) {
        (self.key, self.flag, self.kind, self.standard, self.formerKey) = (key, flag, kind, standard, formerKey)
    }

    /// The setting under its former name, which is accepted with a warning; `nil` if it has none.
    public var former: Setting? {
        formerKey.map { Setting($0, flag: $0.replacing(".", with: "-"), kind, default: standard) }
    }

    /// The default as help and documents write it.
    public var defaultText: String { standard.description }

    /// The valid values of a setting that has a list of them; `nil` for all other settings.
    public var choices: [String]? { if case .choice(let choices) = kind { choices } else { nil } }

    enum Kind: Hashable, Sendable {
        case text
        case choice([String])
        /// A whole number.
        case number(ClosedRange<Int>)
    }

    /// The environment variable, such as `SENDLOG_HTTP_PORT`.
    public var variable: String {
        let words = key.map { $0 == "." ? "_" : $0.isUppercase ? "_\($0)" : $0.uppercased() }
        return Self.variablePrefix + words.joined()
    }

    static let variablePrefix = "SENDLOG_"
    /// The environment variable that names the configuration file; the file itself cannot contain it.
    public static let fileVariable = "SENDLOG_CONFIG"
    /// The environment variable with an API key in the commands that the console shows; no command reads it.
    public static let keyVariable = "SENDLOG_KEY"

    /// The location of the database.
    public static let database = Setting("database", flag: "database", .text, default: "sqlite:sendlog.db")
    /// The address to listen on.
    public static let host = Setting("http.host", flag: "host", .text, default: "127.0.0.1")
    /// The port to listen on.
    public static let port = Setting("http.port", flag: "port", .number(0...65_535), default: 8080)
    /// The time after which an idle connection is closed, in seconds.
    public static let idleTimeout = Setting("http.idleTimeout", flag: "idle-timeout", .number(1...86_400), default: 60)
    /// The timeout for a request's head, in seconds.
    public static let headTimeout = Setting("http.headTimeout", flag: "head-timeout", .number(1...3600), default: 20)
    /// The timeout for the rest of a request body after the response was sent, in seconds.
    public static let drainTimeout = Setting("http.drainTimeout", flag: "drain-timeout", .number(1...3600), default: 20)
    /// The minimum transfer rate of a request body, in bytes per second.
    public static let minBodyRate = Setting(
        "http.minBodyRate",
        flag: "min-body-rate",
        .number(0...1_000_000),
        default: 500
    )
    /// The maximum number of open connections.
    public static let maxConnections = Setting(
        "http.maxConnections",
        flag: "max-connections",
        .number(1...1_000_000),
        default: 10_000
    )
    /// The maximum number of open connections per client address.
    public static let maxConnectionsPerAddress = Setting(
        "http.maxConnectionsPerAddress",
        flag: "max-connections-per-address",
        .number(1...1_000_000),
        default: 4096
    )
    /// The proxies whose `X-Forwarded-For` is trusted.
    public static let trustedProxies = Setting("http.trustedProxies", flag: "trusted-proxies", .text, default: .none)
    /// The path before every path of the API and the console.
    public static let basePath = Setting("http.basePath", flag: "base-path", .text, default: "/")
    /// The origins whose pages may use the API.
    public static let allowedOrigins = Setting("http.allowedOrigins", flag: "allowed-origins", .text, default: .none)
    /// The maximum number of concurrent responses of unknown length.
    public static let maxStreams = Setting(
        "http.maxStreams",
        flag: "max-streams",
        .number(1...1_000_000),
        default: 1000
    )
    /// The maximum number of these responses per organisation.
    public static let maxStreamsPerOrganisation = Setting(
        "http.maxStreamsPerOrganisation",
        flag: "max-streams-per-organisation",
        .number(1...1_000_000),
        default: .atMost(100, maxStreams)
    )
    /// The maximum number of concurrent imports, long send logs and lists to compare.
    public static let maxUploads = Setting(
        "recording.maxUploads",
        flag: "max-uploads",
        .number(1...100_000),
        default: 128
    )
    /// The maximum number of these uploads per organisation.
    public static let maxUploadsPerOrganisation = Setting(
        "recording.maxUploadsPerOrganisation",
        flag: "max-uploads-per-organisation",
        .number(1...100_000),
        default: .atMost(32, maxUploads)
    )
    /// The number of threads for requests that compute or block.
    public static let workerThreads = Setting(
        "workers.threads",
        flag: "workers-threads",
        .number(2...256),
        default: .twoPerCore
    )
    /// The number of event loop threads, which move the bytes of connections.
    public static let httpThreads = Setting(
        "http.threads",
        flag: "http-threads",
        .number(1...256),
        default: .halfOfCores
    )
    /// The minimum level of log messages.
    public static let logLevel = Setting(
        "log.level",
        flag: "log-level",
        .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        default: "info"
    )
    /// The format of log lines.
    public static let logFormat = Setting("log.format", flag: "log-format", .choice(["text", "json"]), default: "text")
    /// The length in bytes of the log lines that wait to be written; further lines are dropped and counted.
    public static let logBufferBytes = Setting(
        "log.bufferBytes",
        flag: "log-buffer-bytes",
        .number(65_536...268_435_456),
        default: 1_048_576
    )
    /// The number of requests that an organisation may make to the API within a window; 0 for no limit.
    public static let rateLimitRequests = Setting(
        "rateLimit.requests",
        flag: "rate-limit-requests",
        .number(0...1_000_000_000),
        default: 0
    )
    /// The length of the window, in seconds.
    public static let rateLimitWindow = Setting(
        "rateLimit.window",
        flag: "rate-limit-window",
        .number(1...86_400),
        default: 60
    )
    /// The number of requests that an organisation may make to the console within a minute; 0 for no limit.
    public static let rateLimitConsoleRequests = Setting(
        "rateLimit.consoleRequests",
        flag: "rate-limit-console-requests",
        .number(0...1_000_000_000),
        default: 600
    )
    /// The folder for long lists that are not recorded yet.
    public static let spoolFolder = Setting(
        "recording.spoolFolder",
        flag: "spool-folder",
        .text,
        default: .databaseFolder
    )
    /// The number of connections that read a SQLite database.
    public static let sqliteReaders = Setting(
        "sqlite.readers",
        flag: "sqlite-readers",
        .number(1...256),
        default: .sameAs(workerThreads)
    )
    /// The timeout for SQLite's locks, in seconds.
    public static let sqliteLockTimeout = Setting(
        "sqlite.lockTimeout",
        flag: "sqlite-lock-timeout",
        .number(0...600),
        default: 5,
        formerKey: "sqlite.patience"
    )
    /// The time between checkpoints of a SQLite database, in seconds; 0 for none but those of a long WAL.
    public static let sqliteCheckpointSeconds = Setting(
        "sqlite.checkpointSeconds",
        flag: "sqlite-checkpoint-seconds",
        .number(0...3600),
        default: 5
    )
    /// The maximum number of connections to a PostgreSQL database.
    public static let postgresConnections = Setting(
        "postgres.connections",
        flag: "postgres-connections",
        .number(3...256),
        default: 8
    )
    /// The timeout for a free connection to PostgreSQL, and for its locks, in seconds.
    public static let postgresWaitTimeout = Setting(
        "postgres.waitTimeout",
        flag: "postgres-wait-timeout",
        .number(1...600),
        default: 5,
        formerKey: "postgres.patience"
    )
    /// Whether this server keeps the recipient indexes up to date, and searches by recipient.
    public static let recipientIndex = Setting(
        "recipients.index",
        flag: "recipients-index",
        .choice(["on", "off"]),
        default: "on"
    )
    /// How long a key is cached before it is read again, in seconds.
    public static let keyCacheSeconds = Setting(
        "keys.cacheSeconds",
        flag: "key-cache-seconds",
        .number(0...5),
        default: 2
    )
    /// The lifetime of a console session, in minutes.
    public static let consoleSessionMinutes = Setting(
        "console.sessionMinutes",
        flag: "console-session-minutes",
        .number(1...43_200),
        default: 720
    )
    /// The networks and hosts that webhooks may connect to beyond the public internet.
    public static let webhookAllow = Setting("webhooks.allow", flag: "webhooks-allow", .text, default: .none)
    /// The timeout of a webhook attempt, in seconds.
    public static let webhookTimeout = Setting(
        "webhooks.timeout",
        flag: "webhooks-timeout",
        .number(1...12),
        default: 10
    )
    /// The time for which a delivery is retried, in seconds.
    public static let webhookRetrySeconds = Setting(
        "webhooks.retrySeconds",
        flag: "webhooks-retry-seconds",
        .number(1...2_592_000),
        default: 86_400
    )
    /// The retention time of deliveries, in days.
    public static let webhookKeepDays = Setting(
        "webhooks.keepDays",
        flag: "webhooks-keep-days",
        .number(1...3650),
        default: 30
    )
    /// The maximum number of webhooks that this server delivers concurrently.
    public static let webhookWorkers = Setting(
        "webhooks.workers",
        flag: "webhooks-workers",
        .number(0...10_000),
        default: 256,
        formerKey: "webhooks.lanes"
    )
    /// The maximum number of webhooks with metrics of their own.
    public static let webhookMaxMetrics = Setting(
        "webhooks.maxMetrics",
        flag: "webhooks-max-metrics",
        .number(0...10_000),
        default: 1000
    )
    /// The duration of a webhook lease, in seconds.
    public static let webhookLease = Setting(
        "webhooks.leaseSeconds",
        flag: "webhooks-lease-seconds",
        .number(4...60),
        default: 20
    )

    /// The former names of settings that were renamed.
    static let formerSettings = all.compactMap(\.former)

    /// Returns the setting that a misspelt key, flag or variable was meant to name; `nil` if none is close.
    static func nearest(to name: String) -> Setting? {
        for names in [\Setting.key, \Setting.flag] {
            let nearest = NearestName.to(name, among: (all + formerSettings).map { $0[keyPath: names] })
            guard let nearest else { continue }
            return all.first { $0[keyPath: names] == nearest || $0.former?[keyPath: names] == nearest }
        }
        return nil
    }
}
