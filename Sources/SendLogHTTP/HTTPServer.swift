package import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// An HTTP/1.1 server that completes the requests in progress on a graceful shutdown.
public struct HTTPServer: Service {
    private let settings: ServerSettings
    private let responder: any HTTPResponder
    private let counts: ConnectionCounts
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void

    /// Creates a server.
    ///
    /// - Parameters:
    ///   - settings: the addresses, limits and timeouts
    ///   - responder: handles the requests
    ///   - counts: counts the connections and the requests in progress
    ///   - logger: receives messages about connections
    ///   - onReady: called with the port once the server accepts connections
    package init(
        _ settings: ServerSettings,
        responder: any HTTPResponder,
        counts: ConnectionCounts = ConnectionCounts(),
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) {
        self.settings = settings
        self.responder = responder
        self.counts = counts
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until a graceful shutdown, and then completes the requests in progress.
    ///
    /// - Throws: an error if the server cannot listen on the address.
    public func run() async throws {
        try await MultiThreadedEventLoopGroup.withEventLoopGroup(numberOfThreads: settings.threads) { group in
            try await serve(on: group)
        }
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let loops = group.makeIterator().map { ConnectionLoop($0, responder) }
        counts.follow(loops)
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
            // The time to shut down is over. Closing the connections resumes the tasks that wait for clients.
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
        let (settings, responder, counts, logger) = (settings, responder, counts, logger)
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One connection per read: otherwise more connections than allowed are accepted before they are counted.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptLimit(settings, counts, logger: logger))
                    try pipeline.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // The parser handles all bytes of a read at once. They may be many small requests or chunks, which must
            // then be held in memory.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 16_384)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let loop =
                        loops.first { $0.loop === channel.eventLoop } ?? ConnectionLoop(channel.eventLoop, responder)
                    let connection = HTTPConnection(on: loop, settings)
                    try pipeline.addHandler(InboundBytesHandler(connection))
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(connection)
                }
            }
    }
}
