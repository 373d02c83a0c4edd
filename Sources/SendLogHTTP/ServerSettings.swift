/// The settings of an HTTP server.
public struct ServerSettings: Equatable, Sendable {
    /// The address to listen on: a host name or an IP address.
    public let host: String
    /// The TCP port to listen on; 0 for any free port.
    public let port: Int
    /// The number of seconds after which the server closes the connection of an idle client.
    public let idleTimeout: Int
    /// The maximum number of open connections.
    public var maxConnections: Int
    /// The maximum number of open connections per client; trusted proxies are exempt.
    public let maxConnectionsPerAddress: Int
    /// The proxies whose `X-Forwarded-For` headers are trusted.
    public let proxies: TrustedProxies
    /// The path under which a proxy publishes the server, such as `/sendlog`; see ``HTTPRequest/basePath``.
    public let basePath: String
    /// The number of threads that serve connections.
    public let threads: Int
    /// The limits for clients that send slowly.
    public let slowClientLimits: SlowClientLimits

    /// Creates settings.
    public init(
        host: String,
        port: Int,
        idleTimeout: Int,
        maxConnections: Int,
        maxConnectionsPerAddress: Int = .max,
        proxies: TrustedProxies = TrustedProxies(),
        basePath: String = "",
        threads: Int,
        slowClientLimits: SlowClientLimits = SlowClientLimits()
    ) {
        self.host = host
        self.port = port
        self.idleTimeout = idleTimeout
        self.maxConnections = maxConnections
        self.maxConnectionsPerAddress = maxConnectionsPerAddress
        self.proxies = proxies
        self.basePath = basePath
        self.threads = threads
        self.slowClientLimits = slowClientLimits
    }
}
