import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Where and how the API is served.
public struct ServerSettings: Equatable, Sendable {
    /// The address to listen on: a name or a number.
    public let host: String
    /// The port to listen on; 0 for any that is free.
    public let port: Int
    /// After how many seconds a connection is closed on which nothing moves.
    public let idleTimeout: Int
    /// How many connections may be open at the same time.
    public let maxConnections: Int

    /// Says where and how to serve.
    ///
    /// - Parameters:
    ///   - host: the address to listen on
    ///   - port: the port to listen on; 0 for any that is free
    ///   - idleTimeout: in seconds
    ///   - maxConnections: how many at the same time
    public init(host: String, port: Int, idleTimeout: Int, maxConnections: Int) {
        self.host = host
        self.port = port
        self.idleTimeout = idleTimeout
        self.maxConnections = maxConnections
    }
}

extension APIService {
    /// The HTTP server, which drains when it is shut down gracefully.
    ///
    /// - Parameters:
    ///   - settings: where and how to serve
    ///   - onReady: called with the port once connections are taken
    /// - Returns: a service to be run.
    /// - Throws: where the server cannot be set up.
    public func server(
        _ settings: ServerSettings,
        onReady: @escaping @Sendable (Int) async -> Void
    ) throws -> any Service {
        let patience = TimeAmount.seconds(Int64(settings.idleTimeout))
        let channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(patience: patience, onRefusal: noteRefusal)],
            idleTimeout: patience
        )
        var logger = self.logger
        // Its own lines about single connections are no news to an operator.
        if logger.logLevel < .notice { logger.logLevel = .notice }
        return try HTTPServerBuilder.http1(configuration: channel).buildServer(
            configuration: ServerConfiguration(
                address: .hostname(settings.host, port: settings.port),
                backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(settings.maxConnections, logger: logger)
            ),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            responder: { request, writer, _ in try await respond(to: request, writer: writer) },
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? settings.port) }
        )
    }
}
