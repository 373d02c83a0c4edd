import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension HTTPConnection {
    /// How long a client may take to see the end of the last answer.
    private static let courtesy = TimeAmount.seconds(2)

    /// Ends the connection once everything is sent.
    ///
    /// - Parameters:
    ///   - context: the connection's
    ///   - lingers: whether to wait until the client has seen it: to close while more comes in would take the last answer back
    func finish(_ context: ChannelHandlerContext, lingers: Bool) {
        isOver = true
        input.removeAll()
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in
            let (connection, context) = bound.value
            connection.end(context, lingers: lingers)
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
    }

    private func end(_ context: ChannelHandlerContext, lingers: Bool) {
        guard lingers, !isClosedByClient, context.channel.isActive else { return context.close(promise: nil) }
        isLingering = true
        context.close(mode: .output, promise: nil)
        watchOver(context, after: Self.courtesy)
        if isReadHeldBack, mayRead(context) { context.read() }
    }

    /// Makes the close that follows a reset: in HTTP/1.0 the end of a connection is the end of a body, and an orderly end would make a part
    /// of a response look like the whole.
    func resetOnClose(_ context: ChannelHandlerContext) {
        guard let socket = context.channel as? any SocketOptionProvider else { return }
        // On the event loop, this is done when it returns.
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }

    /// Parts with a client that lets the server wait for too long.
    func watchOver(_ context: ChannelHandlerContext, after delay: TimeAmount) {
        watch?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleTask(in: delay) {
            let (connection, context) = bound.value
            connection.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        // A client that takes what was sent does something too.
        let unsent = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if unsent > 0, unsent < lastUnsent { lastSign = .now() }
        lastUnsent = unsent > 0 ? unsent : .max
        let isServersTurn = exchange != nil && wait == nil
        let left = isServersTurn ? idleTimeout : lastSign + idleTimeout - .now()
        let isAwaited = if case .body = wait { true } else { false }
        if isLingering || left <= .nanoseconds(0) || pace.isTooSlow(at: .now(), isAwaited: isAwaited) {
            return context.close(promise: nil)
        }
        watchOver(context, after: min(left, pace.interval))
    }
}
