import Foundation
import Logging
import NIOCore
import SendLogAPI
import SendLogConsole
import SendLogContent
import SendLogCore
import SendLogHTTP
import SendLogScheduling
import SendLogWebhooks
import ServiceLifecycle
import UnixSignals

/// Runs a server until it is told to stop.
public struct SendLogService: Sendable {
    private let configuration: ServiceConfiguration

    /// Makes a server of a configuration.
    public init(_ configuration: ServiceConfiguration) {
        self.configuration = configuration
    }

    /// Serves until SIGTERM or SIGINT; then requests in progress are answered, what was taken is recorded, and the database is closed.
    ///
    /// - Throws: ``StoreRefusal`` where the database must not be opened; ``ServiceFailure`` where the address cannot be listened on.
    public func run() async throws {
        let (format, level) = (configuration.logFormat, configuration.logLevel)
        let logger = Logger(label: "sendlog") { _ in LineLog(format: format, level: level) }
        for warning in configuration.warnings { logger.warning("\(warning)") }
        let openFiles = OpenFiles.allowAll()
        Memory.keepForReuse()
        let database = configuration.database
        let threads = FairThreadPool(count: configuration.workerThreads, name: "workers")
        let store = try database.open(threads: threads)
        defer { store.close() }
        let authenticator = Authenticator(directory: store, trust: configuration.keyTrust)
        let context = IntakeContext(
            ids: SendLogIDSource(),
            spoolFolder: configuration.database.spoolFolder,
            now: ServiceClock.now
        )
        let webhooks = configuration.webhooks
        let client = HTTPWebhookClient(rules: webhooks.rules, timeout: webhooks.timeout)
        let console = try Console(
            store: store,
            authenticator: authenticator,
            service: WebhookService(store: store, directory: store, client: client, ids: context.ids),
            sessionSeconds: configuration.consoleMinutes * 60
        )
        let api = APIService(
            store: store,
            authenticator: authenticator,
            directory: store,
            context: context,
            client: client,
            threads: threads,
            limits: configuration.limits,
            rateLimit: configuration.rateLimit,
            logger: logger,
            pages: console.routes,
            front: console.front
        )
        let host = configuration.server.host
        var settings = configuration.server
        settings.maxConnections = OpenFiles.connections(settings.maxConnections, within: openFiles)
        if settings.maxConnections < configuration.server.maxConnections {
            logger.warning(
                "http.maxConnections is lowered to what the limit of open files allows",
                metadata: ["from": "\(configuration.server.maxConnections)", "to": "\(settings.maxConnections)"]
            )
        }
        let server = HTTPServer(settings, responder: api, logger: logger) { port in
            let address = host.contains(":") ? "[\(host)]" : host
            logger.info(
                "ready",
                metadata: ["version": "\(ServiceVersion.current)", "port": "\(port)", "database": "\(database)"]
            )
            try? FileHandle.standardOutput.write(
                contentsOf: Array("sendlog is listening on http://\(address):\(port)\n".utf8)
            )
        }
        let dispatcher = WebhookDispatcher(
            store: store,
            client: client,
            schedule: webhooks.schedule,
            executor: client.executor,
            limits: webhooks.limits,
            logger: logger,
            now: ServiceClock.now
        )
        var group = ServiceGroupConfiguration(
            services: [
                Housekeeping(authenticator: authenticator, threads: threads, logger: logger), dispatcher, server,
                ShutdownNotice(logger: logger),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "lifecycle") { _ in
                LineLog(format: format, level: max(level, .error))
            }
        )
        group.maximumGracefulShutdownDuration = .seconds(30)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            let place = "\(host), port \(configuration.server.port)"
            switch error {
            case let error as IOError:
                let reason = String(cString: strerror(error.errnoCode))
                throw ServiceFailure("cannot serve on \(place): \(reason); --host and --port choose another")
            case is SocketAddressError, is SocketAddressError.UnknownHost:
                throw ServiceFailure("cannot serve on \(place): there is no such address; --host chooses another")
            default:
                throw ServiceFailure("stopped for a failure: \(error)")
            }
        }
        client.close()
        logger.info("stopped")
    }
}

/// Why a server did not run, in words for the operator.
public struct ServiceFailure: Error, CustomStringConvertible {
    /// What went wrong.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
