import Logging
import NIOCore
import SendLogNetwork

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Lets no more connections in than may be open at the same time; others wait with the system until there is room.
///
/// One client's connections beyond its own number are closed at once.
///
/// If the process or the system has no descriptors left, it waits a moment before it accepts again: the connection that waits would
/// wake the event loop at once, again and again.
final class AcceptLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    private let most: Int
    private let mostPerAddress: Int
    private let proxies: TrustedProxies
    private let logger: Logger
    private var open = 0
    private var openByAddress: [IPAddress: Int] = [:]
    /// How many connections were closed for their clients having too many, since that was logged.
    private var closed = 0
    /// When that was logged.
    private var closedLoggedAt: NIODeadline?
    private var isHeldBack = false
    /// Whether descriptors ran out a moment ago.
    private var isOut = false
    /// When it was logged that they ran out.
    private var loggedAt: NIODeadline?

    /// How long to wait before the next try.
    private static let pause = TimeAmount.milliseconds(200)
    /// How long to say nothing more of it.
    private static let silence = TimeAmount.minutes(1)

    init(_ settings: ServerSettings, logger: Logger) {
        most = settings.maxConnections
        mostPerAddress = settings.maxConnectionsPerAddress
        proxies = settings.proxies
        self.logger = logger
    }

    func read(context: ChannelHandlerContext) {
        if open < most, !isOut { context.read() } else { isHeldBack = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let connection = unwrapInboundIn(data)
        let peer = connection.remoteAddress.flatMap { IPAddress($0) }
        let client = peer.flatMap { proxies.contain($0) ? nil : $0.client }
        if let client {
            guard openByAddress[client, default: 0] < mostPerAddress else {
                logClosed(client)
                return connection.close(promise: nil)
            }
            openByAddress[client, default: 0] += 1
        }
        open += 1
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        connection.closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (limit, context) = handler.value
            limit.noteEnd(of: client)
            limit.goOn(context)
        }
        context.fireChannelRead(data)
    }

    private func noteEnd(of client: IPAddress?) {
        open -= 1
        guard let client, let count = openByAddress[client] else { return }
        openByAddress[client] = count > 1 ? count - 1 : nil
    }

    private func logClosed(_ client: IPAddress) {
        closed += 1
        guard closedLoggedAt.map({ NIODeadline.now() - $0 > Self.silence }) ?? true else { return }
        logger.warning(
            "closed connections of a client that has as many as http.maxConnectionsPerAddress allows",
            metadata: ["client": "\(client)", "limit": "\(mostPerAddress)", "closed": "\(closed)"]
        )
        (closed, closedLoggedAt) = (0, .now())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        if loggedAt.map({ NIODeadline.now() - $0 > Self.silence }) ?? true {
            loggedAt = .now()
            logger.error(
                "cannot accept connections; trying again",
                metadata: ["cause": "\(String(cString: strerror(error.errnoCode)))", "open": "\(open)"]
            )
        }
        if isOut { return }
        isOut = true
        // What was to be read is still pending, and would wake the loop again.
        _ = context.channel.setOption(.autoRead, value: false)
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (limit, context) = handler.value
            limit.isOut = false
            _ = context.channel.setOption(.autoRead, value: true)
            limit.goOn(context)
        }
    }

    private func goOn(_ context: ChannelHandlerContext) {
        guard isHeldBack, !isOut, open < most, context.channel.isActive else { return }
        isHeldBack = false
        context.read()
    }
}
