/// A setting that a flag, the environment or the configuration file can give.
public struct Setting: Hashable, Sendable {
    /// The name in the file, with dots between its parts: `http.port` is `{"http": {"port": …}}`.
    public let key: String
    /// The flag of `sendlog serve` without hyphens; empty if the setting has no flag.
    public let flag: String
    /// The type and the valid values.
    let kind: Kind
    /// The key in earlier versions, if it was different; see ``former``.
    private let formerKey: String?

    init(key: String, flag: String, kind: Kind, formerKey: String? = nil) {
        (self.key, self.flag, self.kind, self.formerKey) = (key, flag, kind, formerKey)
    }

    /// The setting under its former name, which is accepted with a warning; `nil` if it has none.
    public var former: Setting? {
        formerKey.map { Setting(key: $0, flag: $0.replacing(".", with: "-"), kind: kind) }
    }

    enum Kind: Hashable, Sendable {
        case text
        case choice([String])
        /// A whole number.
        case number(ClosedRange<Int>)
    }

    /// The environment variable, such as `SENDLOG_HTTP_PORT`.
    public var variable: String {
        var name = Self.variablePrefix
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if character.isUppercase { name += "_" }
                name += character.uppercased()
            }
        }
        return name
    }

    static let variablePrefix = "SENDLOG_"
    /// The environment variable that names the configuration file; the file itself cannot contain it.
    public static let fileVariable = "SENDLOG_CONFIG"

    /// The location of the database.
    public static let database = Setting(key: "database", flag: "database", kind: .text)
    /// The address to listen on.
    public static let host = Setting(key: "http.host", flag: "host", kind: .text)
    /// The port to listen on.
    public static let port = Setting(key: "http.port", flag: "port", kind: .number(0...65_535))
    /// The time after which an idle connection is closed, in seconds.
    public static let idleTimeout = Setting(key: "http.idleTimeout", flag: "idle-timeout", kind: .number(1...86_400))
    /// The timeout for a request's head, in seconds.
    public static let headTimeout = Setting(key: "http.headTimeout", flag: "head-timeout", kind: .number(1...3600))
    /// The timeout for the rest of a request body after the response was sent, in seconds.
    public static let drainTimeout = Setting(key: "http.drainTimeout", flag: "drain-timeout", kind: .number(1...3600))
    /// The minimum transfer rate of a request body, in bytes per second.
    public static let minBodyRate = Setting(
        key: "http.minBodyRate",
        flag: "min-body-rate",
        kind: .number(0...1_000_000)
    )
    /// The maximum number of open connections.
    public static let maxConnections = Setting(
        key: "http.maxConnections",
        flag: "max-connections",
        kind: .number(1...1_000_000)
    )
    /// The maximum number of open connections per client address.
    public static let maxConnectionsPerAddress = Setting(
        key: "http.maxConnectionsPerAddress",
        flag: "max-connections-per-address",
        kind: .number(1...1_000_000)
    )
    /// The proxies whose `X-Forwarded-For` is trusted.
    public static let trustedProxies = Setting(key: "http.trustedProxies", flag: "trusted-proxies", kind: .text)
    /// The maximum number of concurrent responses of unknown length.
    public static let maxStreams = Setting(key: "http.maxStreams", flag: "max-streams", kind: .number(1...1_000_000))
    /// The maximum number of these responses per organisation.
    public static let maxStreamsPerOrganisation = Setting(
        key: "http.maxStreamsPerOrganisation",
        flag: "max-streams-per-organisation",
        kind: .number(1...1_000_000)
    )
    /// The maximum number of concurrent imports and long send logs.
    public static let maxUploads = Setting(
        key: "recording.maxUploads",
        flag: "max-uploads",
        kind: .number(1...100_000)
    )
    /// The maximum number of these uploads per organisation.
    public static let maxUploadsPerOrganisation = Setting(
        key: "recording.maxUploadsPerOrganisation",
        flag: "max-uploads-per-organisation",
        kind: .number(1...100_000)
    )
    /// The number of threads for requests that compute or block.
    public static let workerThreads = Setting(key: "workers.threads", flag: "workers-threads", kind: .number(2...256))
    /// The number of event loop threads, which move the bytes of connections.
    public static let httpThreads = Setting(key: "http.threads", flag: "http-threads", kind: .number(1...256))
    /// The minimum level of log messages.
    public static let logLevel = Setting(
        key: "log.level",
        flag: "log-level",
        kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"])
    )
    /// The format of log lines.
    public static let logFormat = Setting(key: "log.format", flag: "log-format", kind: .choice(["text", "json"]))
    /// The number of requests that an organisation may make within a window; 0 for no limit.
    public static let rateLimitRequests = Setting(
        key: "rateLimit.requests",
        flag: "rate-limit-requests",
        kind: .number(0...1_000_000_000)
    )
    /// The length of the window, in seconds.
    public static let rateLimitWindow = Setting(
        key: "rateLimit.window",
        flag: "rate-limit-window",
        kind: .number(1...86_400)
    )
    /// The folder for long lists that are not recorded yet.
    public static let spoolFolder = Setting(key: "recording.spoolFolder", flag: "spool-folder", kind: .text)
    /// The number of connections that read a SQLite database.
    public static let sqliteReaders = Setting(key: "sqlite.readers", flag: "sqlite-readers", kind: .number(1...256))
    /// The timeout for SQLite's locks, in seconds.
    public static let sqliteLockTimeout = Setting(
        key: "sqlite.lockTimeout",
        flag: "sqlite-lock-timeout",
        kind: .number(0...600),
        formerKey: "sqlite.patience"
    )
    /// The maximum number of connections to a PostgreSQL database.
    public static let postgresConnections = Setting(
        key: "postgres.connections",
        flag: "postgres-connections",
        kind: .number(3...256)
    )
    /// The timeout for a free connection to PostgreSQL, and for its locks, in seconds.
    public static let postgresWaitTimeout = Setting(
        key: "postgres.waitTimeout",
        flag: "postgres-wait-timeout",
        kind: .number(1...600),
        formerKey: "postgres.patience"
    )
    /// How long a key is cached before it is read again, in seconds.
    public static let keyCacheSeconds = Setting(
        key: "keys.cacheSeconds",
        flag: "key-cache-seconds",
        kind: .number(0...5)
    )

    /// The lifetime of a console session, in minutes.
    public static let consoleSessionMinutes = Setting(
        key: "console.sessionMinutes",
        flag: "console-session-minutes",
        kind: .number(1...43_200)
    )

    /// The networks and hosts that webhooks may connect to beyond the public internet.
    public static let webhookAllow = Setting(key: "webhooks.allow", flag: "webhooks-allow", kind: .text)
    /// The timeout of a webhook attempt, in seconds.
    public static let webhookTimeout = Setting(key: "webhooks.timeout", flag: "webhooks-timeout", kind: .number(1...12))
    /// The time for which a delivery is retried, in seconds.
    public static let webhookRetrySeconds = Setting(
        key: "webhooks.retrySeconds",
        flag: "webhooks-retry-seconds",
        kind: .number(1...2_592_000)
    )
    /// The retention time of deliveries, in days.
    public static let webhookKeepDays = Setting(
        key: "webhooks.keepDays",
        flag: "webhooks-keep-days",
        kind: .number(1...3650)
    )
    /// The maximum number of webhooks that this server delivers concurrently.
    public static let webhookWorkers = Setting(
        key: "webhooks.workers",
        flag: "webhooks-workers",
        kind: .number(0...10_000),
        formerKey: "webhooks.lanes"
    )

    /// The duration of a webhook lease, in seconds.
    public static let webhookLease = Setting(
        key: "webhooks.leaseSeconds",
        flag: "webhooks-lease-seconds",
        kind: .number(4...60)
    )

    /// All settings.
    public static let all = [
        database, host, port, idleTimeout, headTimeout, drainTimeout, minBodyRate, maxConnections,
        maxConnectionsPerAddress, trustedProxies, maxStreams, maxStreamsPerOrganisation, maxUploads,
        maxUploadsPerOrganisation, httpThreads, workerThreads,
        logLevel, logFormat, rateLimitRequests, rateLimitWindow, spoolFolder, sqliteReaders,
        sqliteLockTimeout, postgresConnections, postgresWaitTimeout,
        keyCacheSeconds, consoleSessionMinutes, webhookAllow, webhookTimeout, webhookRetrySeconds, webhookKeepDays,
        webhookWorkers,
        webhookLease,
    ]

    /// The former names of settings that were renamed.
    static let formerSettings = all.compactMap(\.former)
}
