import Foundation
import Logging
import NIOCore
import SendLogNetwork

/// Limits the number of open connections; further connections wait in the system's backlog until there is room.
///
/// Connections of a client that exceeds the limit per address are closed at once.
///
/// If the process or the system has no file descriptors left, the handler waits before it accepts again. Otherwise the
/// waiting connection would wake the event loop again and again.
final class AcceptLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private let maxConnections: Int
    private let maxConnectionsPerAddress: Int
    private let proxies: TrustedProxies
    private let counts: ConnectionCounts
    private let logger: Logger
    private var open = 0
    private var openByAddress: [IPAddress: Int] = [:]
    /// The number of connections closed for the limit per address, since this was last logged.
    private var closed = 0
    /// When the closed connections were last logged.
    private var closedLoggedAt: NIODeadline?
    private var isReadPending = false
    /// Whether file descriptors ran out less than ``retryDelay`` ago.
    private var isOutOfDescriptors = false
    /// When the lack of file descriptors was last logged.
    private var loggedAt: NIODeadline?

    /// The delay before the server accepts connections again.
    private static let retryDelay = TimeAmount.milliseconds(200)
    /// The minimum interval between two log messages about the same problem.
    private static let logInterval = TimeAmount.minutes(1)

    init(_ settings: ServerSettings, _ counts: ConnectionCounts, logger: Logger) {
        maxConnections = settings.maxConnections
        maxConnectionsPerAddress = settings.maxConnectionsPerAddress
        proxies = settings.proxies
        self.counts = counts
        self.logger = logger
    }

    func read(context: ChannelHandlerContext) {
        if open < maxConnections, !isOutOfDescriptors { context.read() } else { isReadPending = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let connection = unwrapInboundIn(data)
        let peer = connection.remoteAddress.flatMap { IPAddress($0) }
        let client = peer.flatMap { proxies.contains($0) ? nil : $0.clientPrefix }
        if let client {
            guard openByAddress[client, default: 0] < maxConnectionsPerAddress else {
                counts.connectionRefused()
                logClosed(client)
                return connection.close(promise: nil)
            }
            openByAddress[client, default: 0] += 1
        }
        open += 1
        counts.connectionOpened()
        connection.closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.connectionEnded(of: client)
            self.resumeReading(context)
        }
        context.fireChannelRead(data)
    }

    private func connectionEnded(of client: IPAddress?) {
        open -= 1
        counts.connectionClosed()
        guard let client, let count = openByAddress[client] else { return }
        openByAddress[client] = count > 1 ? count - 1 : nil
    }

    private func logClosed(_ client: IPAddress) {
        closed += 1
        guard closedLoggedAt.map({ NIODeadline.now() - $0 > Self.logInterval }) ?? true else { return }
        logger.warning(
            "closed connections of a client that reached http.maxConnectionsPerAddress",
            metadata: [
                "client": "\(client)", "limit": .stringConvertible(maxConnectionsPerAddress),
                "closed": .stringConvertible(closed),
            ]
        )
        (closed, closedLoggedAt) = (0, .now())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        if loggedAt.map({ NIODeadline.now() - $0 > Self.logInterval }) ?? true {
            loggedAt = .now()
            logger.error(
                "cannot accept connections; retrying",
                metadata: [
                    "cause": "\(String(cString: strerror(error.errnoCode)))", "open": .stringConvertible(open),
                ]
            )
        }
        if isOutOfDescriptors { return }
        isOutOfDescriptors = true
        // The pending read would otherwise wake the event loop again.
        _ = context.channel.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.retryDelay) {
            self.isOutOfDescriptors = false
            _ = context.channel.setOption(.autoRead, value: true)
            self.resumeReading(context)
        }
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadPending, !isOutOfDescriptors, open < maxConnections, context.channel.isActive else { return }
        isReadPending = false
        context.read()
    }
}
