public import Logging
public import SendLogHTTP
public import SendLogServices

/// The complete and valid configuration of a server.
///
/// It is built once; code that uses it reads no flags and no environment.
public struct ServiceConfiguration: Sendable {
    /// The path of the configuration file; `nil` without one.
    let file: String?
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
    /// The length in bytes of the log lines that wait to be written.
    let logBufferBytes: Int
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
        (file, warnings) = (sources.file, sources.warnings)
        database = try DatabaseLocation(sources)
        server = ServerSettings(
            host: try sources.parsed(.host, ListenAddress.host),
            port: sources.number(.port),
            idleTimeout: sources.number(.idleTimeout),
            maxConnections: sources.number(.maxConnections),
            maxConnectionsPerAddress: sources.number(.maxConnectionsPerAddress),
            proxies: try Self.proxies(sources),
            basePath: try sources.parsed(.basePath, BasePathSetting.parse),
            threads: sources.number(.httpThreads),
            slowClientLimits: SlowClientLimits(
                headTimeout: sources.number(.headTimeout),
                drainTimeout: sources.number(.drainTimeout),
                minBodyRate: sources.number(.minBodyRate)
            )
        )
        allowedOrigins = try sources.parsed(.allowedOrigins, AllowedOriginsSetting.parse)
        workerThreads = sources.number(.workerThreads)
        logLevel = try Self.choice(.logLevel, sources)
        logFormat = try Self.choice(.logFormat, sources)
        logBufferBytes = sources.number(.logBufferBytes)
        let requests = sources.number(.rateLimitRequests)
        rateLimit = requests > 0 ? RateLimit(requests: requests, window: sources.number(.rateLimitWindow)) : nil
        let consoleRequests = sources.number(.rateLimitConsoleRequests)
        consoleRateLimit = consoleRequests > 0 ? RateLimit(requests: consoleRequests, window: 60) : nil
        limits = try Self.limits(sources)
        consoleSessionMinutes = sources.number(.consoleSessionMinutes)
        recipientIndex = sources.text(.recipientIndex) != "off"
        webhooks = try WebhookSettings(sources)
        keyCacheLifetime = .seconds(sources.number(.keyCacheSeconds))
    }

    /// Reads a setting whose choices are the values of a type.
    private static func choice<Value: RawRepresentable<String>>(
        _ setting: Setting,
        _ sources: ConfigurationSources
    ) throws(ConfigurationError) -> Value {
        try sources.parsed(setting) { text, name throws(ConfigurationError) in
            guard let value = Value(rawValue: text) else { throw ConfigurationError("\(name) must not be \(text)") }
            return value
        }
    }

    private static func limits(_ sources: ConfigurationSources) throws(ConfigurationError) -> ConcurrencyLimits {
        /// Reads a total limit and a limit per organisation.
        func limits(
            _ total: Setting,
            _ perOrganisation: Setting
        ) throws(ConfigurationError) -> (total: Int, perOrganisation: Int) {
            let (all, own) = (sources.number(total), sources.number(perOrganisation))
            guard own <= all else {
                let name = sources.name(of: perOrganisation)
                throw ConfigurationError("\(name) must be at most \(total.key), which is \(all)")
            }
            return (all, own)
        }
        var found = ConcurrencyLimits()
        found.streams = try limits(.maxStreams, .maxStreamsPerOrganisation)
        found.uploads = try limits(.maxUploads, .maxUploadsPerOrganisation)
        return found
    }

    private static func proxies(_ sources: ConfigurationSources) throws(ConfigurationError) -> TrustedProxies {
        try sources.parsed(.trustedProxies) { text, name throws(ConfigurationError) in
            do throws(TrustedProxies.InvalidEntry) { return try TrustedProxies(text) } catch {
                let rule = "addresses and networks such as 10.0.0.0/8, separated by commas"
                throw .network(error.part, of: name, rule: rule)
            }
        }
    }
}
