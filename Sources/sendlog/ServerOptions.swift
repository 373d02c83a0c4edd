import ArgumentParser
import Foundation
import SendLogServer

/// The options of every command that reads all settings: one for each setting.
struct ServerOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOptions

    @Option(.host, "The address to listen on.")
    var host: String?
    @Option(.port, "The port to listen on; 0 for any free port.")
    var port: String?

    @Option(.idleTimeout, "seconds", "The time after which an idle connection is closed.")
    var idleTimeout: String?
    @Option(.headTimeout, "seconds", "The timeout for the head of a request.")
    var headTimeout: String?
    @Option(.drainTimeout, "seconds", "The timeout for the rest of a request body after the response was sent.")
    var drainTimeout: String?
    @Option(.minBodyRate, "bytes", "The minimum rate of a request body per second; 0 for no limit.")
    var minBodyRate: String?

    @Option(.maxConnections, "count", "The maximum number of open connections.")
    var maxConnections: String?
    @Option(.maxConnectionsPerAddress, "count", "The maximum number of open connections per client address.")
    var maxConnectionsPerAddress: String?
    @Option(
        .trustedProxies,
        "list",
        "The proxies whose X-Forwarded-For is trusted: addresses and networks, separated by commas."
    )
    var trustedProxies: String?
    @Option(.basePath, "path", "The path under which a proxy publishes the server, such as /sendlog.")
    var basePath: String?
    @Option(
        .allowedOrigins,
        "list",
        "The origins whose pages may use the API in a browser, separated by commas; * for all."
    )
    var allowedOrigins: String?

    @Option(.maxStreams, "count", "The maximum number of concurrent exports and other streamed responses.")
    var maxStreams: String?
    @Option(
        .maxStreamsPerOrganisation,
        "count",
        "The maximum number of concurrent streamed responses per organisation."
    )
    var maxStreamsPerOrganisation: String?
    @Option(.maxUploads, "count", "The maximum number of concurrent imports, long send logs and lists to compare.")
    var maxUploads: String?
    @Option(
        .maxUploadsPerOrganisation,
        "count",
        "The maximum number of concurrent imports and long send logs per organisation."
    )
    var maxUploadsPerOrganisation: String?

    @Option(.httpThreads, "count", "The number of event loop threads, which move the bytes of connections.")
    var httpThreads: String?
    @Option(.workerThreads, "count", "The number of threads that search, parse and render.")
    var workersThreads: String?

    @Option(.logLevel, "The minimum level of log messages: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
    @Option(.logFormat, "The format of log lines: text or json.")
    var logFormat: String?
    @Option(
        .logBufferBytes,
        "bytes",
        "The length of the log lines that wait to be written; more are dropped and counted."
    )
    var logBufferBytes: String?

    @Option(
        .rateLimitRequests,
        "count",
        "The maximum number of requests to the API per organisation within a window; 0 for no limit."
    )
    var rateLimitRequests: String?
    @Option(.rateLimitWindow, "seconds", "The length of the API's rate limit window.")
    var rateLimitWindow: String?
    @Option(
        .rateLimitConsoleRequests,
        "count",
        "The maximum number of requests to the console per organisation within a minute; 0 for no limit."
    )
    var rateLimitConsoleRequests: String?

    @Option(.spoolFolder, "folder", "The folder for long lists that are not recorded yet.", completion: .directory)
    var spoolFolder: String?

    @Option(.sqliteReaders, "count", "The number of connections that read a SQLite database.")
    var sqliteReaders: String?
    @Option(.sqliteLockTimeout, "seconds", "The timeout for locks of a SQLite database.")
    var sqliteLockTimeout: String?
    @Option(
        .sqliteCheckpointSeconds,
        "seconds",
        "The time between checkpoints of a SQLite database; 0 for none but those of a long WAL."
    )
    var sqliteCheckpointSeconds: String?

    @Option(.postgresConnections, "count", "The maximum number of connections to PostgreSQL.")
    var postgresConnections: String?
    @Option(.postgresWaitTimeout, "seconds", "The timeout for a free connection to PostgreSQL, and for its locks.")
    var postgresWaitTimeout: String?

    @Option(.keyCacheSeconds, "seconds", "How long a key is cached before it is read again, at most 5.")
    var keyCacheSeconds: String?
    @Option(.consoleSessionMinutes, "minutes", "The lifetime of a console session.")
    var consoleSessionMinutes: String?

    @Option(.recipientIndex, "Whether to keep the recipient indexes up to date, and to search by recipient: on or off.")
    var recipientsIndex: String?

    @Option(
        .webhookAllow,
        "list",
        "The networks, addresses and hosts, separated by commas, that webhooks may use beyond the public internet."
    )
    var webhooksAllow: String?
    @Option(.webhookTimeout, "seconds", "The timeout of a webhook attempt.")
    var webhooksTimeout: String?
    @Option(.webhookRetrySeconds, "seconds", "How long a failed delivery is retried.")
    var webhooksRetrySeconds: String?
    @Option(.webhookKeepDays, "days", "How long deliveries are kept.")
    var webhooksKeepDays: String?
    @Option(
        .webhookWorkers,
        "count",
        "The maximum number of webhooks that this server delivers concurrently; 0 for none."
    )
    var webhooksWorkers: String?
    @Option(
        .webhookLease,
        "seconds",
        "The duration of a webhook lease, which delays a webhook if its server is killed."
    )
    var webhooksLeaseSeconds: String?
    @Option(.webhookMaxMetrics, "count", "The maximum number of webhooks with metrics of their own; 0 for none.")
    var webhooksMaxMetrics: String?

    // Flags of earlier versions.
    @Option(help: .hidden) var sqlitePatience: String?
    @Option(help: .hidden) var postgresPatience: String?
    @Option(help: .hidden) var webhooksLanes: String?

    /// Returns the sources of settings; see ``ConfigurationOptions/sources(flags:printsWarnings:)``.
    func sources(printsWarnings: Bool = true) throws -> ConfigurationSources {
        var flags: [Setting: String?] = [
            .host: host, .port: port, .idleTimeout: idleTimeout, .headTimeout: headTimeout,
            .drainTimeout: drainTimeout, .minBodyRate: minBodyRate, .maxConnections: maxConnections,
            .maxConnectionsPerAddress: maxConnectionsPerAddress, .trustedProxies: trustedProxies,
            .basePath: basePath, .allowedOrigins: allowedOrigins,
            .maxStreams: maxStreams, .maxStreamsPerOrganisation: maxStreamsPerOrganisation,
            .maxUploads: maxUploads, .maxUploadsPerOrganisation: maxUploadsPerOrganisation,
            .httpThreads: httpThreads, .workerThreads: workersThreads, .logLevel: logLevel,
            .logFormat: logFormat, .logBufferBytes: logBufferBytes,
            .rateLimitRequests: rateLimitRequests, .rateLimitWindow: rateLimitWindow,
            .rateLimitConsoleRequests: rateLimitConsoleRequests,
            .spoolFolder: spoolFolder, .sqliteReaders: sqliteReaders,
            .sqliteLockTimeout: sqliteLockTimeout, .sqliteCheckpointSeconds: sqliteCheckpointSeconds,
            .postgresConnections: postgresConnections,
            .postgresWaitTimeout: postgresWaitTimeout, .keyCacheSeconds: keyCacheSeconds,
            .consoleSessionMinutes: consoleSessionMinutes, .webhookAllow: webhooksAllow,
            .webhookTimeout: webhooksTimeout, .webhookRetrySeconds: webhooksRetrySeconds,
            .webhookKeepDays: webhooksKeepDays, .webhookWorkers: webhooksWorkers,
            .webhookLease: webhooksLeaseSeconds, .webhookMaxMetrics: webhooksMaxMetrics,
            .recipientIndex: recipientsIndex,
        ]
        for (setting, value) in [
            (Setting.sqliteLockTimeout, sqlitePatience), (.postgresWaitTimeout, postgresPatience),
            (.webhookWorkers, webhooksLanes),
        ] {
            if let former = setting.former { flags[former] = value }
        }
        return try database.sources(flags: flags, printsWarnings: printsWarnings)
    }

    /// Returns the format of log lines as far as it is known, also if settings are not valid.
    func logFormatIfKnown() -> LogFormat {
        let environment = ProcessInfo.processInfo.environment
        return LogFormat(flag: logFormat, environment: environment, file: database.configuration.config)
    }
}

extension Option where Value == String? {
    /// Creates the option of a setting: its flag, its default in the help, and its choices as completions.
    init(_ setting: Setting, _ help: String, completion: CompletionKind? = nil) {
        self.init(setting, valueName: nil, help, completion: completion)
    }

    /// Creates the option of a setting, with the name of its value in the help, such as `seconds`.
    init(_ setting: Setting, _ valueName: String, _ help: String, completion: CompletionKind? = nil) {
        self.init(setting, valueName: valueName, help, completion: completion)
    }

    private init(_ setting: Setting, valueName: String?, _ help: String, completion: CompletionKind?) {
        self.init(
            name: .customLong(setting.flag),
            help: ArgumentHelp("\(help) (default: \(setting.defaultText))", valueName: valueName),
            completion: completion ?? setting.choices.map { .list($0) }
        )
    }
}
