import ArgumentParser
import SendLogServer

/// Serves the API.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API and the console.",
        discussion: """
            Runs until SIGTERM or Ctrl-C, then completes the requests in progress and stops. When it is ready, it prints its address on \
            standard output; the log goes to standard error.

            Every setting can also come from the environment (SENDLOG_HTTP_PORT=8080) or from the file of --config. Flags take \
            precedence over the environment, and the environment over the file.
            """
    )

    @OptionGroup var database: DatabaseOptions

    @Option(help: "The address to listen on. (default: 127.0.0.1)")
    var host: String?
    @Option(help: "The port to listen on; 0 for any free port. (default: 8080)")
    var port: String?

    @Option("seconds", "The time after which an idle connection is closed. (default: 60)")
    var idleTimeout: String?
    @Option("seconds", "The timeout for the head of a request. (default: 20)")
    var headTimeout: String?
    @Option("seconds", "The timeout for the rest of a request body after the response was sent. (default: 20)")
    var drainTimeout: String?
    @Option("bytes", "The minimum rate of a request body per second; 0 for no limit. (default: 500)")
    var minBodyRate: String?

    @Option("count", "The maximum number of open connections. (default: 10000)")
    var maxConnections: String?
    @Option("count", "The maximum number of open connections per client address. (default: 4096)")
    var maxConnectionsPerAddress: String?
    @Option(
        "list",
        "The proxies whose X-Forwarded-For is trusted: addresses and networks, separated by commas. (default: none)"
    )
    var trustedProxies: String?
    @Option("path", "The path under which a proxy publishes the server, such as /sendlog. (default: /)")
    var basePath: String?
    @Option(
        "list",
        "The origins whose pages may use the API in a browser, separated by commas; * for all. (default: none)"
    )
    var allowedOrigins: String?

    @Option("count", "The maximum number of concurrent exports and other streamed responses. (default: 1000)")
    var maxStreams: String?
    @Option("count", "The maximum number of concurrent streamed responses per organisation. (default: 100)")
    var maxStreamsPerOrganisation: String?
    @Option("count", "The maximum number of concurrent imports, long send logs and lists to compare. (default: 128)")
    var maxUploads: String?
    @Option("count", "The maximum number of concurrent imports and long send logs per organisation. (default: 32)")
    var maxUploadsPerOrganisation: String?

    @Option(
        "count",
        "The number of event loop threads, which move the bytes of connections. (default: half the cores, at least 1)"
    )
    var httpThreads: String?
    @Option("count", "The number of threads that search, parse and render. (default: two per core, at least 4)")
    var workersThreads: String?

    @Option(
        help:
            "The minimum level of log messages: trace, debug, info, notice, warning, error or critical. (default: info)",
        completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"])
    )
    var logLevel: String?
    @Option(help: "The format of log lines: text or json. (default: text)", completion: .list(["text", "json"]))
    var logFormat: String?

    @Option(
        "count",
        "The maximum number of requests to the API per organisation within a window; 0 for no limit. (default: 0)"
    )
    var rateLimitRequests: String?
    @Option("seconds", "The length of the API's rate limit window. (default: 60)")
    var rateLimitWindow: String?
    @Option(
        "count",
        "The maximum number of requests to the console per organisation within a minute; 0 for no limit. (default: 600)"
    )
    var rateLimitConsoleRequests: String?

    @Option(
        "folder",
        "The folder for long lists that are not recorded yet. (default: the SQLite file's folder, or the system's temporary folder)",
        completion: .directory
    )
    var spoolFolder: String?

    @Option("count", "The number of connections that read a SQLite database. (default: as many as workers.threads)")
    var sqliteReaders: String?
    @Option("seconds", "The timeout for locks of a SQLite database. (default: 5)")
    var sqliteLockTimeout: String?
    @Option(
        "seconds",
        "The time between checkpoints of a SQLite database; 0 for none but those of a long WAL. (default: 5)"
    )
    var sqliteCheckpointSeconds: String?

    @Option("count", "The maximum number of connections to PostgreSQL. (default: 8)")
    var postgresConnections: String?
    @Option("seconds", "The timeout for a free connection to PostgreSQL, and for its locks. (default: 5)")
    var postgresWaitTimeout: String?

    @Option("seconds", "How long a key is cached before it is read again, at most 5. (default: 2)")
    var keyCacheSeconds: String?
    @Option("minutes", "The lifetime of a console session. (default: 720)")
    var consoleSessionMinutes: String?

    @Option(
        help: "Whether to keep the recipient indexes up to date, and to search by recipient: on or off. (default: on)",
        completion: .list(["on", "off"])
    )
    var recipientsIndex: String?

    @Option(
        "list",
        "The networks, addresses and hosts, separated by commas, that webhooks may use beyond the public internet. (default: none)"
    )
    var webhooksAllow: String?
    @Option("seconds", "The timeout of a webhook attempt. (default: 10)")
    var webhooksTimeout: String?
    @Option("seconds", "How long a failed delivery is retried. (default: 86400)")
    var webhooksRetrySeconds: String?
    @Option("days", "How long deliveries are kept. (default: 30)")
    var webhooksKeepDays: String?
    @Option(
        "count",
        "The maximum number of webhooks that this server delivers concurrently; 0 for none. (default: 256)"
    )
    var webhooksWorkers: String?
    @Option("seconds", "The duration of a webhook lease, which delays a webhook if its server is killed. (default: 20)")
    var webhooksLeaseSeconds: String?
    @Option("count", "The maximum number of webhooks with metrics of their own; 0 for none. (default: 1000)")
    var webhooksMaxMetrics: String?

    // Flags of earlier versions.
    @Option(help: .hidden) var sqlitePatience: String?
    @Option(help: .hidden) var postgresPatience: String?
    @Option(help: .hidden) var webhooksLanes: String?

    func run() async throws {
        try await Terminal.explainingFailures {
            var flags: [Setting: String?] = [
                .host: host, .port: port, .idleTimeout: idleTimeout, .headTimeout: headTimeout,
                .drainTimeout: drainTimeout, .minBodyRate: minBodyRate, .maxConnections: maxConnections,
                .maxConnectionsPerAddress: maxConnectionsPerAddress, .trustedProxies: trustedProxies,
                .basePath: basePath, .allowedOrigins: allowedOrigins,
                .maxStreams: maxStreams, .maxStreamsPerOrganisation: maxStreamsPerOrganisation,
                .maxUploads: maxUploads, .maxUploadsPerOrganisation: maxUploadsPerOrganisation,
                .httpThreads: httpThreads, .workerThreads: workersThreads, .logLevel: logLevel,
                .logFormat: logFormat, .rateLimitRequests: rateLimitRequests, .rateLimitWindow: rateLimitWindow,
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
            let sources = try database.sources(flags: flags, printsWarnings: false)
            try await SendLogService(try ServiceConfiguration(sources)).run()
        }
    }
}
