import Foundation
import Logging
import NIOCore
import SendLogAPI
import SendLogConsole
import SendLogContent
import SendLogCore
import SendLogHTTP
import SendLogScheduling
import SendLogServices
import SendLogWebhooks
import ServiceLifecycle
import UnixSignals

/// A server that runs until it receives a signal to stop.
public struct SendLogService: Sendable {
    private let configuration: ServiceConfiguration

    /// Creates a server with a configuration.
    public init(_ configuration: ServiceConfiguration) {
        self.configuration = configuration
    }

    /// Serves until SIGTERM, SIGINT or SIGHUP, then completes requests in progress, records what was accepted, and closes
    /// the database.
    ///
    /// - Throws: ``StoreSetupError`` if the database cannot be opened; ``ServiceFailure`` if the server cannot listen
    ///   on the address.
    public func run() async throws {
        let (format, level) = (configuration.logFormat, configuration.logLevel)
        let output = LogOutput(STDERR_FILENO, format: format, capacity: configuration.logBufferBytes)
        defer { output.close() }
        let log = LineLog(to: output, format: format, level: level)
        let logger = Logger(label: "sendlog") { _ in log }
        for warning in configuration.warnings { logger.warning("\(warning)") }
        let openFiles = OpenFiles.raiseLimit()
        let database = configuration.database
        let threads = FairThreadPool(count: configuration.workerThreads, name: "workers")
        let store = try database.open(
            threads: threads,
            onCreation: { what in logger.notice("created \(what)", metadata: ["database": "\(database)"]) },
            onReplacement: { problem in
                if let problem {
                    logger.error("\(problem). Until then, all requests get 503")
                } else {
                    logger.notice("the database file is the original one again")
                }
            },
            onNodeChange: { node, problem in
                if let problem {
                    logger.error(
                        "a database node is unavailable. Until it answers, requests of its organisations get 503",
                        metadata: ["node": "\(node)", "cause": "\(problem)"]
                    )
                } else {
                    logger.notice("a database node is available again", metadata: ["node": "\(node)"])
                }
            },
            onSharedUse: {
                logger.warning(
                    """
                    another server has the database open; each counts limits for itself, and they wait for each other's \
                    writes. Stop one of them, or use PostgreSQL for several servers
                    """,
                    metadata: ["database": "\(database)"]
                )
            }
        )
        defer { store.close() }
        for file in database.deleteUnfinishedBackups() {
            logger.notice("deleted an unfinished backup", metadata: ["file": "\(file)"])
        }
        for finding in FileModesCheck.findings(of: database) {
            logger.warning("\(finding.message); \(finding.advice)")
        }
        let authenticator = Authenticator(keyStore: store, cacheLifetime: configuration.keyCacheLifetime)
        let context = ParserContext(ids: SendLogIDSource(), spoolFolder: database.spoolFolder, now: ServiceClock.now)
        let webhooks = configuration.webhooks
        let client = HTTPWebhookClient(rules: webhooks.rules, timeout: webhooks.timeout)
        // Services in the background are notified of their work, so that they seldom poll the database for it.
        let agenda = WebhookAgenda(isUsed: webhooks.limits.workers > 0)
        let indexed = configuration.recipientIndex ? OrganisationSignals() : nil
        let service = WebhookService(
            store: store,
            organisationStore: store,
            client: client,
            ids: context.ids,
            maxMetrics: webhooks.maxMetrics,
            changed: { agenda.changed(in: $0) },
            now: ServiceClock.now
        )
        let comparer = AudienceComparer(store: store, spoolFolder: context.spoolFolder)
        let console = try Console(
            store: store,
            authenticator: authenticator,
            service: service,
            comparer: comparer,
            campaignExport: CampaignExport(store: store, spoolFolder: context.spoolFolder),
            sessionSeconds: configuration.consoleSessionMinutes * 60,
            recipientIndex: configuration.recipientIndex
        )
        var settings = configuration.server
        settings.maxConnections = OpenFiles.connections(settings.maxConnections, within: openFiles)
        if settings.maxConnections < configuration.server.maxConnections {
            logger.warning(
                "http.maxConnections is lowered to fit the limit of open files",
                metadata: [
                    "from": .stringConvertible(configuration.server.maxConnections),
                    "to": .stringConvertible(settings.maxConnections),
                ]
            )
        }
        let connections = ConnectionMetrics(counts: ConnectionCounts(), limit: settings.maxConnections)
        let (process, lines) = (ProcessMetrics(), LogMetrics(output: output))
        let api = APIService(
            store: store,
            authenticator: authenticator,
            context: context,
            webhooks: service,
            comparer: comparer,
            threads: threads,
            limits: configuration.limits,
            rateLimit: configuration.rateLimit,
            pageRateLimit: configuration.consoleRateLimit,
            recipientIndex: configuration.recipientIndex,
            log: log,
            basePath: configuration.server.basePath,
            allowedOrigins: configuration.allowedOrigins,
            processMetrics: { process.families + connections.families + lines.families },
            recorded: { organisation in
                agenda.recorded(in: organisation)
                indexed?.notify(organisation)
            },
            pages: console.routes,
            middleware: console.middleware
        )
        try Self.refuseAmbiguous(configuration.server.basePath, besides: api.routes)
        let listening = ListenAddress(configuration.server)
        let (isListening, listens) = AsyncStream<Void>.makeStream()
        let server = HTTPServer(settings, responder: api, counts: connections.counts, logger: logger) { port in
            listens.finish()
            logger.info(
                "ready",
                metadata: [
                    "version": "\(ServiceVersion.current)", "port": .stringConvertible(port), "database": "\(database)",
                ]
            )
            let line = "sendlog is listening on http://\(listening.with(port: port))\n"
            try? FileHandle.standardOutput.write(contentsOf: Array(line.utf8))
        }
        let dispatcher = WebhookDispatcher(
            store: store,
            client: client,
            schedule: webhooks.schedule,
            agenda: agenda,
            pollPauses: database.webhookPollPauses,
            executor: client.executor,
            limits: webhooks.limits,
            logger: logger,
            now: ServiceClock.now
        )
        var services: [any Service] = [
            Housekeeping(authenticator: authenticator, store: store, threads: threads, logger: logger),
            RevocationStoring(authenticator: authenticator, logger: logger),
            DelayedService(dispatcher, until: isListening), server, ShutdownNotice(logger: logger),
        ]
        if let indexed {
            let pauses = database.indexPollPauses
            let indexing = RecipientIndexing(store: store, recorded: indexed, pollPauses: pauses, logger: logger)
            services.insert(indexing, at: 0)
        }
        var group = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: StopSignals.all,
            logger: Logger(label: "lifecycle") { _ in LineLog(to: output, format: format, level: max(level, .error)) }
        )
        group.maximumGracefulShutdownDuration = .seconds(30)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            switch error {
            case let error as IOError: throw ServiceFailure(description: listening.failure(code: error.errnoCode))
            case is SocketAddressError, is SocketAddressError.UnknownHost:
                throw ServiceFailure(description: listening.unknownHost)
            default: throw ServiceFailure(description: "the server failed: \(error)")
            }
        }
        client.close()
        logger.info("stopped")
    }

    /// Logs as JSON why a server did not start, or ended.
    public static func logFailure(_ problem: String) {
        var line: [UInt8] = []
        line.appendLine(.critical, "\(problem)", [:], .json)
        try? FileHandle.standardError.write(contentsOf: line)
    }

    /// Refuses a base path whose first segment is that of a route: behind a proxy that removes the base path, the server
    /// would remove the segment again.
    private static func refuseAmbiguous(_ basePath: String, besides routes: [String]) throws(ServiceFailure) {
        let segments = Set(routes.compactMap { $0.split(separator: "/").dropFirst().first })
        guard let first = basePath.split(separator: "/").first, segments.contains(first) else { return }
        throw ServiceFailure(
            description: "\(Setting.basePath.key) must not begin with /\(first), which is a path of the server itself"
        )
    }
}
