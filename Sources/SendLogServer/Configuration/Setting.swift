/// One thing that can be configured, by a flag, in the environment or in a file.
public struct Setting: Hashable, Sendable {
    /// Its name in the file, parts joined by dots: `http.port` is `{"http": {"port": …}}`.
    public let key: String
    /// The flag of `sendlog serve`, without its hyphens; empty for what is no flag.
    public let flag: String
    /// What it may be.
    let kind: Kind
    /// The key that it had in earlier versions, if it was another one; see ``former``.
    private let formerKey: String?

    init(key: String, flag: String, kind: Kind, formerKey: String? = nil) {
        (self.key, self.flag, self.kind, self.formerKey) = (key, flag, kind, formerKey)
    }

    /// The setting under the name of earlier versions, which is accepted with a warning; `nil` if it has no other name.
    public var former: Setting? {
        formerKey.map { Setting(key: $0, flag: $0.replacing(".", with: "-"), kind: kind) }
    }

    enum Kind: Hashable, Sendable {
        case text
        case choice([String])
        /// A whole number.
        case number(ClosedRange<Int>)
    }

    /// Its name in the environment: `SENDLOG_HTTP_PORT`.
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
    /// Names the configuration file; a setting that the file itself cannot hold.
    public static let fileVariable = "SENDLOG_CONFIG"

    /// Where the data is.
    public static let database = Setting(key: "database", flag: "database", kind: .text)
    /// The address to listen on.
    public static let host = Setting(key: "http.host", flag: "host", kind: .text)
    /// The port to listen on.
    public static let port = Setting(key: "http.port", flag: "port", kind: .number(0...65_535))
    /// After how many seconds a still connection is closed.
    public static let idleTimeout = Setting(key: "http.idleTimeout", flag: "idle-timeout", kind: .number(1...86_400))
    /// Within how many seconds the head of a request must come.
    public static let headTimeout = Setting(key: "http.headTimeout", flag: "head-timeout", kind: .number(1...3600))
    /// Within how many seconds the rest of a body must come whose response was sent already.
    public static let drainTimeout = Setting(key: "http.drainTimeout", flag: "drain-timeout", kind: .number(1...3600))
    /// How many bytes a second a body must bring.
    public static let minBodyRate = Setting(
        key: "http.minBodyRate",
        flag: "min-body-rate",
        kind: .number(0...1_000_000)
    )
    /// How many connections may be open.
    public static let maxConnections = Setting(
        key: "http.maxConnections",
        flag: "max-connections",
        kind: .number(1...1_000_000)
    )
    /// How many connections one client may have open.
    public static let maxConnectionsPerAddress = Setting(
        key: "http.maxConnectionsPerAddress",
        flag: "max-connections-per-address",
        kind: .number(1...1_000_000)
    )
    /// Whose `X-Forwarded-For` is believed.
    public static let trustedProxies = Setting(key: "http.trustedProxies", flag: "trusted-proxies", kind: .text)
    /// How many responses of unknown length may be on their way.
    public static let maxStreams = Setting(key: "http.maxStreams", flag: "max-streams", kind: .number(1...1_000_000))
    /// How many of these one organisation may have.
    public static let maxStreamsPerOrganisation = Setting(
        key: "http.maxStreamsPerOrganisation",
        flag: "max-streams-per-organisation",
        kind: .number(1...1_000_000)
    )
    /// How many imports and long send logs may be under way.
    public static let maxUploads = Setting(
        key: "recording.maxUploads",
        flag: "max-uploads",
        kind: .number(1...100_000)
    )
    /// How many of these one organisation may have.
    public static let maxUploadsPerOrganisation = Setting(
        key: "recording.maxUploadsPerOrganisation",
        flag: "max-uploads-per-organisation",
        kind: .number(1...100_000)
    )
    /// How many threads handle requests that take more than a moment.
    public static let workerThreads = Setting(key: "workers.threads", flag: "workers-threads", kind: .number(2...256))
    /// How many threads move the bytes of connections.
    public static let httpThreads = Setting(key: "http.threads", flag: "http-threads", kind: .number(1...256))
    /// How much is logged.
    public static let logLevel = Setting(
        key: "log.level",
        flag: "log-level",
        kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"])
    )
    /// How log lines look.
    public static let logFormat = Setting(key: "log.format", flag: "log-format", kind: .choice(["text", "json"]))
    /// How many requests an organisation may make within a window.
    public static let rateLimitRequests = Setting(
        key: "rateLimit.requests",
        flag: "rate-limit-requests",
        kind: .number(0...1_000_000_000)
    )
    /// How long the window is, in seconds.
    public static let rateLimitWindow = Setting(
        key: "rateLimit.window",
        flag: "rate-limit-window",
        kind: .number(1...86_400)
    )
    /// Where long lists wait.
    public static let spoolFolder = Setting(key: "recording.spoolFolder", flag: "spool-folder", kind: .text)
    /// How many connections read a SQLite database.
    public static let sqliteReaders = Setting(key: "sqlite.readers", flag: "sqlite-readers", kind: .number(1...256))
    /// How many seconds to wait for SQLite's locks.
    public static let sqliteLockTimeout = Setting(
        key: "sqlite.lockTimeout",
        flag: "sqlite-lock-timeout",
        kind: .number(0...600),
        formerKey: "sqlite.patience"
    )
    /// How many connections to a PostgreSQL database there are at most.
    public static let postgresConnections = Setting(
        key: "postgres.connections",
        flag: "postgres-connections",
        kind: .number(3...256)
    )
    /// How many seconds to wait for a free connection to PostgreSQL, and for its locks.
    public static let postgresWaitTimeout = Setting(
        key: "postgres.waitTimeout",
        flag: "postgres-wait-timeout",
        kind: .number(1...600),
        formerKey: "postgres.patience"
    )
    /// How many seconds a key is trusted without looking.
    public static let keyCacheSeconds = Setting(
        key: "keys.cacheSeconds",
        flag: "key-cache-seconds",
        kind: .number(0...5)
    )

    /// How many minutes one stays signed in to the console.
    public static let consoleMinutes = Setting(
        key: "console.sessionMinutes",
        flag: "console-session-minutes",
        kind: .number(1...43_200)
    )

    /// Where webhooks may go beyond the public internet.
    public static let webhookAllow = Setting(key: "webhooks.allow", flag: "webhooks-allow", kind: .text)
    /// How many seconds a webhook's receiver has to answer.
    public static let webhookTimeout = Setting(key: "webhooks.timeout", flag: "webhooks-timeout", kind: .number(1...12))
    /// For how many seconds a delivery is tried again.
    public static let webhookRetry = Setting(
        key: "webhooks.retrySeconds",
        flag: "webhooks-retry-seconds",
        kind: .number(1...2_592_000)
    )
    /// How many days deliveries are kept.
    public static let webhookKeep = Setting(
        key: "webhooks.keepDays",
        flag: "webhooks-keep-days",
        kind: .number(1...3650)
    )
    /// How many webhooks this server delivers to at the same time.
    public static let webhookWorkers = Setting(
        key: "webhooks.workers",
        flag: "webhooks-workers",
        kind: .number(0...10_000),
        formerKey: "webhooks.lanes"
    )

    /// For how many seconds a server leases a webhook.
    public static let webhookLease = Setting(
        key: "webhooks.leaseSeconds",
        flag: "webhooks-lease-seconds",
        kind: .number(4...60)
    )

    /// Every setting there is.
    public static let all = [
        database, host, port, idleTimeout, headTimeout, drainTimeout, minBodyRate, maxConnections,
        maxConnectionsPerAddress, trustedProxies, maxStreams, maxStreamsPerOrganisation, maxUploads,
        maxUploadsPerOrganisation, httpThreads, workerThreads,
        logLevel, logFormat, rateLimitRequests, rateLimitWindow, spoolFolder, sqliteReaders,
        sqliteLockTimeout, postgresConnections, postgresWaitTimeout,
        keyCacheSeconds, consoleMinutes, webhookAllow, webhookTimeout, webhookRetry, webhookKeep, webhookWorkers,
        webhookLease,
    ]

    /// The settings of earlier versions that have another name now.
    static let formers = all.compactMap(\.former)
}
