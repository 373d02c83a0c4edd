public import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// Where and how HTTP is served.
public struct ServerSettings: Equatable, Sendable {
    /// The address to listen on: a name or a number.
    public let host: String
    /// The port to listen on; 0 for any that is free.
    public let port: Int
    /// After how many seconds a connection is closed whose client does nothing.
    public let idleTimeout: Int
    /// How many connections may be open at the same time.
    public var maxConnections: Int
    /// How many connections one client may have open; proxies that are trusted may have any number.
    public let maxConnectionsPerAddress: Int
    /// Whose `X-Forwarded-For` is believed.
    public let proxies: TrustedProxies
    /// How many threads serve connections.
    public let threads: Int
    /// How slow a client may be.
    public let pace: PaceLimits

    /// Says where and how to serve.
    ///
    /// - Parameters:
    ///   - host: the address to listen on
    ///   - port: the port to listen on; 0 for any that is free
    ///   - idleTimeout: in seconds
    ///   - maxConnections: how many at the same time
    ///   - maxConnectionsPerAddress: how many of one client
    ///   - proxies: whose `X-Forwarded-For` is believed
    ///   - threads: how many serve connections
    ///   - pace: how slow a client may be
    public init(
        host: String,
        port: Int,
        idleTimeout: Int,
        maxConnections: Int,
        maxConnectionsPerAddress: Int = .max,
        proxies: TrustedProxies = TrustedProxies(),
        threads: Int,
        pace: PaceLimits = PaceLimits()
    ) {
        self.pace = pace
        self.host = host
        self.port = port
        self.idleTimeout = idleTimeout
        self.maxConnections = maxConnections
        self.maxConnectionsPerAddress = maxConnectionsPerAddress
        self.proxies = proxies
        self.threads = threads
    }
}

/// An HTTP/1.1 server, which drains when it is shut down gracefully.
public struct HTTPServer: Service {
    private let settings: ServerSettings
    private let responder: any HTTPResponder
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - settings: where and how to serve
    ///   - responder: what answers
    ///   - logger: where to say what goes wrong with connections
    ///   - onReady: called with the port once connections are taken
    public init(
        _ settings: ServerSettings,
        responder: any HTTPResponder,
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) {
        self.settings = settings
        self.responder = responder
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until a graceful shutdown; then requests in progress are answered.
    ///
    /// - Throws: where the address cannot be listened on.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        do {
            try await serve(on: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let loops = group.makeIterator().map { ConnectionLoop($0) }
        let quiescing = ServerQuiescingHelper(group: group)
        let drained = group.any().makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await bootstrap(group, loops, quiescing).bind(host: settings.host, port: settings.port).get()
        } catch {
            drained.succeed()
            throw error
        }
        await onReady(channel.localAddress?.port ?? settings.port)
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await drained.futureResult.get()
                for loop in loops { await loop.drain() }
            } onGracefulShutdown: {
                quiescing.initiateShutdown(promise: drained)
            }
        } onCancel: {
            // The time for a graceful shutdown is over: what still waits for clients ends with their connections.
            channel.close(promise: nil)
            for loop in loops { loop.closeConnections() }
            drained.succeed()
        }
    }

    private func bootstrap(
        _ group: MultiThreadedEventLoopGroup,
        _ loops: [ConnectionLoop],
        _ quiescing: ServerQuiescingHelper
    ) -> ServerBootstrap {
        let (settings, responder, logger) = (settings, responder, logger)
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One by one, or more than may come are in before they are counted.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptLimit(settings, logger: logger))
                    try pipeline.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // What is read at once is taken apart at once, and may be many small requests or chunks: then it is held.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 16_384)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let loop = loops.first { $0.loop === channel.eventLoop } ?? ConnectionLoop(channel.eventLoop)
                    let connection = HTTPConnection(
                        responder,
                        on: loop,
                        settings
                    )
                    try pipeline.addHandler(HeadWatch(connection))
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(connection)
                }
            }
    }
}
