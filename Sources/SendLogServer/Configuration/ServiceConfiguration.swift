import Foundation
public import Logging
public import SendLogAPI
public import SendLogHTTP
import SendLogSQLite
import SendLogScheduling

/// How a server runs, complete and valid.
///
/// Built once; nothing below it looks at flags or the environment.
public struct ServiceConfiguration: Sendable {
    /// Where the data is.
    public let database: DatabaseLocation
    /// Where and how to serve.
    public let server: ServerSettings
    /// How many threads handle requests that take more than a moment.
    public let workerThreads: Int
    /// How much is logged.
    public let logLevel: Logger.Level
    /// How log lines look.
    public let logFormat: LogFormat
    /// How many requests an organisation may make; `nil` for as many as it likes.
    public let rateLimit: RateLimit?
    /// For how long a key is taken for what it was when it was read.
    public let keyTrust: Duration
    /// How much clients may have under way at the same time.
    public let limits: ConcurrencyLimits
    /// How long one stays signed in to the console, in minutes.
    public let consoleMinutes: Int
    /// How webhooks are delivered.
    public let webhooks: WebhookSettings
    /// What the operator should change in the configuration, to be logged.
    public let warnings: [String]

    /// Reads the configuration.
    ///
    /// - Throws: ``ConfigurationError`` that names the setting which cannot be used.
    public init(_ sources: ConfigurationSources) throws(ConfigurationError) {
        warnings = sources.warnings
        database = try DatabaseLocation(sources)
        server = ServerSettings(
            host: try sources.text(.host) ?? "127.0.0.1",
            port: try sources.number(.port) ?? 8080,
            idleTimeout: try sources.number(.idleTimeout) ?? 60,
            maxConnections: try sources.number(.maxConnections) ?? 10_000,
            maxConnectionsPerAddress: try sources.number(.maxConnectionsPerAddress) ?? 4096,
            proxies: try Self.proxies(sources),
            threads: try sources.number(.httpThreads) ?? max(1, ProcessInfo.processInfo.activeProcessorCount / 2),
            pace: PaceLimits(
                headTimeout: try sources.number(.headTimeout) ?? 20,
                drainTimeout: try sources.number(.drainTimeout) ?? 20,
                minBodyRate: try sources.number(.minBodyRate) ?? 500
            )
        )
        workerThreads = try sources.number(.workerThreads) ?? FairThreadPool.defaultCount
        logLevel = try sources.text(.logLevel).flatMap { Logger.Level(rawValue: $0) } ?? .info
        logFormat = try sources.text(.logFormat).flatMap { LogFormat(rawValue: $0) } ?? .text
        let requests = try sources.number(.rateLimitRequests) ?? 0
        let window = try sources.number(.rateLimitWindow) ?? 60
        rateLimit = requests > 0 ? RateLimit(requests: requests, window: window) : nil
        limits = try Self.limits(sources)
        consoleMinutes = try sources.number(.consoleMinutes) ?? 720
        webhooks = try WebhookSettings(sources)
        keyTrust = .seconds(try sources.number(.keyCacheSeconds) ?? 2)
    }

    private static func limits(_ sources: ConfigurationSources) throws(ConfigurationError) -> ConcurrencyLimits {
        /// An organisation's limit by default is what it was for the default of all, or less.
        func limits(
            _ total: Setting,
            _ perOrganisation: Setting,
            _ standard: (total: Int, perOrganisation: Int)
        ) throws(ConfigurationError) -> (total: Int, perOrganisation: Int) {
            let all = try sources.number(total) ?? standard.total
            let own = try sources.number(perOrganisation) ?? min(standard.perOrganisation, all)
            guard own <= all else {
                throw ConfigurationError(
                    "\(sources.name(of: perOrganisation)) must be at most \(all), as \(total.key) is"
                )
            }
            return (all, own)
        }
        var found = ConcurrencyLimits()
        found.streams = try limits(.maxStreams, .maxStreamsPerOrganisation, found.streams)
        found.uploads = try limits(.maxUploads, .maxUploadsPerOrganisation, found.uploads)
        return found
    }

    private static func proxies(_ sources: ConfigurationSources) throws(ConfigurationError) -> TrustedProxies {
        let text = try sources.text(.trustedProxies) ?? ""
        do throws(TrustedProxies.Refusal) { return try TrustedProxies(text) } catch {
            throw ConfigurationError(
                "\(sources.name(of: .trustedProxies)) must be addresses and networks such as 10.0.0.0/8, with commas between them; \(error.part) is neither"
            )
        }
    }
}
