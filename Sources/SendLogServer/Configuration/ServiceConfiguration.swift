import Foundation
public import Logging
public import SendLogHTTP
import SendLogSQLite
import SendLogScheduling
public import SendLogServices

/// The complete and valid configuration of a server.
///
/// It is built once; code that uses it reads no flags and no environment.
public struct ServiceConfiguration: Sendable {
    /// The location of the database.
    public let database: DatabaseLocation
    /// The address, limits and timeouts of the HTTP server.
    public let server: ServerSettings
    /// The origins whose pages may use the API, or `*` for all.
    public let allowedOrigins: [String]
    /// The number of threads for requests that compute or block.
    public let workerThreads: Int
    /// The minimum level of log messages.
    public let logLevel: Logger.Level
    /// The format of log lines.
    public let logFormat: LogFormat
    /// The number of requests that an organisation may make to the API; `nil` for no limit.
    public let rateLimit: RateLimit?
    /// The number of requests that an organisation may make to the console; `nil` for no limit.
    public let consoleRateLimit: RateLimit?
    /// How long a key is cached before it is read again.
    public let keyCacheLifetime: Duration
    /// The limits of concurrent streams and uploads.
    public let limits: ConcurrencyLimits
    /// The lifetime of a console session, in minutes.
    public let consoleSessionMinutes: Int
    /// Whether the server keeps the recipient indexes up to date, and searches by recipient.
    public let recipientIndex: Bool
    /// The settings of webhook delivery.
    public let webhooks: WebhookSettings
    /// Warnings about the configuration, to be logged for the operator.
    public let warnings: [String]

    /// Reads the configuration.
    ///
    /// - Throws: ``ConfigurationError`` that names the invalid setting.
    public init(_ sources: ConfigurationSources) throws(ConfigurationError) {
        warnings = sources.warnings
        database = try DatabaseLocation(sources)
        server = ServerSettings(
            host: try sources.parsed(.host, default: "127.0.0.1", ListenAddress.host),
            port: sources.number(.port) ?? 8080,
            idleTimeout: sources.number(.idleTimeout) ?? 60,
            maxConnections: sources.number(.maxConnections) ?? 10_000,
            maxConnectionsPerAddress: sources.number(.maxConnectionsPerAddress) ?? 4096,
            proxies: try Self.proxies(sources),
            basePath: try sources.parsed(.basePath, default: "/", BasePathSetting.parse),
            threads: sources.number(.httpThreads) ?? max(1, ProcessInfo.processInfo.activeProcessorCount / 2),
            slowClientLimits: SlowClientLimits(
                headTimeout: sources.number(.headTimeout) ?? 20,
                drainTimeout: sources.number(.drainTimeout) ?? 20,
                minBodyRate: sources.number(.minBodyRate) ?? 500
            )
        )
        allowedOrigins = try sources.parsed(.allowedOrigins, default: "", AllowedOriginsSetting.parse)
        workerThreads = sources.number(.workerThreads) ?? FairThreadPool.defaultCount
        logLevel = sources.text(.logLevel).flatMap { Logger.Level(rawValue: $0) } ?? .info
        logFormat = sources.text(.logFormat).flatMap { LogFormat(rawValue: $0) } ?? .text
        let requests = sources.number(.rateLimitRequests) ?? 0
        let window = sources.number(.rateLimitWindow) ?? 60
        rateLimit = requests > 0 ? RateLimit(requests: requests, window: window) : nil
        let consoleRequests = sources.number(.rateLimitConsoleRequests) ?? 600
        consoleRateLimit = consoleRequests > 0 ? RateLimit(requests: consoleRequests, window: 60) : nil
        limits = try Self.limits(sources)
        consoleSessionMinutes = sources.number(.consoleSessionMinutes) ?? 720
        recipientIndex = sources.text(.recipientIndex) != "off"
        webhooks = try WebhookSettings(sources)
        keyCacheLifetime = .seconds(sources.number(.keyCacheSeconds) ?? 2)
    }

    private static func limits(_ sources: ConfigurationSources) throws(ConfigurationError) -> ConcurrencyLimits {
        /// Reads a total limit and a limit per organisation. The latter defaults to the standard, or to a lower total.
        func limits(
            _ total: Setting,
            _ perOrganisation: Setting,
            _ standard: (total: Int, perOrganisation: Int)
        ) throws(ConfigurationError) -> (total: Int, perOrganisation: Int) {
            let all = sources.number(total) ?? standard.total
            let own = sources.number(perOrganisation) ?? min(standard.perOrganisation, all)
            guard own <= all else {
                let name = sources.name(of: perOrganisation)
                throw ConfigurationError("\(name) must be at most \(total.key), which is \(all)")
            }
            return (all, own)
        }
        var found = ConcurrencyLimits()
        found.streams = try limits(.maxStreams, .maxStreamsPerOrganisation, found.streams)
        found.uploads = try limits(.maxUploads, .maxUploadsPerOrganisation, found.uploads)
        return found
    }

    private static func proxies(_ sources: ConfigurationSources) throws(ConfigurationError) -> TrustedProxies {
        try sources.parsed(.trustedProxies, default: "") { text, name throws(ConfigurationError) in
            do throws(TrustedProxies.InvalidEntry) { return try TrustedProxies(text) } catch {
                let rule = "addresses and networks such as 10.0.0.0/8, separated by commas"
                throw .network(error.part, of: name, rule: rule)
            }
        }
    }
}
