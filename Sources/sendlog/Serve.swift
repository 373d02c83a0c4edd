import ArgumentParser
import SendLogServer

/// Serves the API.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API.",
        discussion: """
            Runs until SIGTERM or Ctrl-C; then answers what is in progress and stops. When it is ready it prints its address on \
            standard output; the log goes to standard error.

            Every setting can also come from the environment (SENDLOG_HTTP_PORT=8080) or from the file that --config names; flags go \
            before the environment, the environment before the file.
            """
    )

    @OptionGroup var database: DatabaseOptions

    @Option(help: "The address to listen on. (default: 127.0.0.1)")
    var host: String?

    @Option(help: "The port to listen on; 0 for any that is free. (default: 8080)")
    var port: String?

    @Option(
        help: ArgumentHelp(
            "Close a connection on which nothing moves for so long. (default: 60)",
            valueName: "seconds"
        )
    )
    var idleTimeout: String?

    @Option(help: ArgumentHelp("Within how long a request's head must come. (default: 20)", valueName: "seconds"))
    var headTimeout: String?

    @Option(
        help: ArgumentHelp(
            "Within how long the rest of a body must come whose response was sent already. (default: 20)",
            valueName: "seconds"
        )
    )
    var drainTimeout: String?

    @Option(
        help: ArgumentHelp("How much a body must bring each second, 0 for no limit. (default: 500)", valueName: "bytes")
    )
    var minBodyRate: String?

    @Option(help: ArgumentHelp("How many connections may be open. (default: 10000)", valueName: "count"))
    var maxConnections: String?

    @Option(
        help: ArgumentHelp(
            "How many connections one client's address may have open. (default: 4096)",
            valueName: "count"
        )
    )
    var maxConnectionsPerAddress: String?

    @Option(
        help: ArgumentHelp(
            "Addresses and networks of the proxies whose X-Forwarded-For is believed. (default: none)",
            valueName: "list"
        )
    )
    var trustedProxies: String?

    @Option(
        help: ArgumentHelp(
            "How many exports and other streamed responses may be under way. (default: 1000)",
            valueName: "count"
        )
    )
    var maxStreams: String?

    @Option(
        help: ArgumentHelp("How many of these one organisation may have. (default: 100)", valueName: "count")
    )
    var maxStreamsPerOrganisation: String?

    @Option(
        help: ArgumentHelp("How many imports and long send logs may be under way. (default: 128)", valueName: "count")
    )
    var maxUploads: String?

    @Option(
        help: ArgumentHelp("How many of these one organisation may have. (default: 32)", valueName: "count")
    )
    var maxUploadsPerOrganisation: String?

    @Option(
        help: ArgumentHelp(
            "How many threads move the bytes of connections. (default: half the cores, at least 1)",
            valueName: "count"
        )
    )
    var httpThreads: String?

    @Option(
        help: ArgumentHelp(
            "How many threads search, parse and render. (default: two for each core, at least 4)",
            valueName: "count"
        )
    )
    var workersThreads: String?

    @Option(
        help: "trace, debug, info, notice, warning, error or critical. (default: info)",
        completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"])
    )
    var logLevel: String?

    @Option(help: "text or json. (default: text)", completion: .list(["text", "json"]))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "How many requests an organisation may make within a window; 0 for as many as it likes. (default: 0)",
            valueName: "count"
        )
    )
    var rateLimitRequests: String?

    @Option(help: ArgumentHelp("How long the window of the rate limit is. (default: 60)", valueName: "seconds"))
    var rateLimitWindow: String?

    @Option(
        help: ArgumentHelp(
            "Where long lists wait until they are recorded. (default: the SQLite file's folder, or the system's for temporary files)",
            valueName: "folder"
        ),
        completion: .directory
    )
    var spoolFolder: String?

    @Option(
        help: ArgumentHelp(
            "How many connections scan a SQLite database. (default: as many as workers.threads)",
            valueName: "count"
        )
    )
    var sqliteReaders: String?

    @Option(help: ArgumentHelp("How long to wait for SQLite's locks. (default: 5)", valueName: "seconds"))
    var sqliteLockTimeout: String?

    @Option(
        help: ArgumentHelp(
            "How many connections to PostgreSQL there are at most. (default: 8)",
            valueName: "count"
        )
    )
    var postgresConnections: String?

    @Option(
        help: ArgumentHelp(
            "How long to wait for a free connection to PostgreSQL, and for its locks. (default: 5)",
            valueName: "seconds"
        )
    )
    var postgresWaitTimeout: String?

    @Option(
        help: ArgumentHelp(
            "How long a key is trusted without looking it up again, at most 5. (default: 2)",
            valueName: "seconds"
        )
    )
    var keyCacheSeconds: String?

    @Option(
        help: ArgumentHelp(
            "How long one stays signed in to the console. (default: 720)",
            valueName: "minutes"
        )
    )
    var consoleSessionMinutes: String?

    @Option(
        help: ArgumentHelp(
            "Where webhooks may go beyond the public internet: networks, addresses, hosts, with commas. (default: nowhere)",
            valueName: "list"
        )
    )
    var webhooksAllow: String?

    @Option(help: ArgumentHelp("How long a webhook's receiver has to answer. (default: 10)", valueName: "seconds"))
    var webhooksTimeout: String?

    @Option(help: ArgumentHelp("For how long a delivery is tried again. (default: 86400)", valueName: "seconds"))
    var webhooksRetrySeconds: String?

    @Option(help: ArgumentHelp("How long deliveries are kept. (default: 30)", valueName: "days"))
    var webhooksKeepDays: String?

    @Option(
        help: ArgumentHelp(
            "How many webhooks to deliver to at the same time, 0 for none. (default: 256)",
            valueName: "count"
        )
    )
    var webhooksWorkers: String?

    @Option(
        help: ArgumentHelp(
            "For how long a server leases a webhook, which delays it if the server is killed. (default: 20)",
            valueName: "seconds"
        )
    )
    var webhooksLeaseSeconds: String?

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
                .maxStreams: maxStreams, .maxStreamsPerOrganisation: maxStreamsPerOrganisation,
                .maxUploads: maxUploads, .maxUploadsPerOrganisation: maxUploadsPerOrganisation,
                .httpThreads: httpThreads, .workerThreads: workersThreads, .logLevel: logLevel,
                .logFormat: logFormat, .rateLimitRequests: rateLimitRequests, .rateLimitWindow: rateLimitWindow,
                .spoolFolder: spoolFolder, .sqliteReaders: sqliteReaders,
                .sqliteLockTimeout: sqliteLockTimeout, .postgresConnections: postgresConnections,
                .postgresWaitTimeout: postgresWaitTimeout, .keyCacheSeconds: keyCacheSeconds,
                .consoleMinutes: consoleSessionMinutes, .webhookAllow: webhooksAllow,
                .webhookTimeout: webhooksTimeout, .webhookRetry: webhooksRetrySeconds,
                .webhookKeep: webhooksKeepDays, .webhookWorkers: webhooksWorkers,
                .webhookLease: webhooksLeaseSeconds,
            ]
            for (setting, value) in [
                (Setting.sqliteLockTimeout, sqlitePatience), (.postgresWaitTimeout, postgresPatience),
                (.webhookWorkers, webhooksLanes),
            ] {
                if let former = setting.former { flags[former] = value }
            }
            let sources = try await database.sources(flags: flags)
            try await SendLogService(try ServiceConfiguration(sources)).run()
        }
    }
}
