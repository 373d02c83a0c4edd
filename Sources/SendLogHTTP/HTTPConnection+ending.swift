import Foundation
import NIOCore

/// Closes connections: after the last response, with a reset, or after a timeout.
extension HTTPConnection {
    /// The time that a client has to read the last response before the connection closes.
    private static let lingerTimeout = TimeAmount.seconds(2)

    /// Closes the connection once everything is sent.
    ///
    /// A connection that lingers waits until the client has read the last response: closing it while more input arrives
    /// resets it, and the client loses the response.
    func finish(_ context: ChannelHandlerContext, lingers: Bool) {
        isFinished = true
        input.removeAll()
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in self.end(context, lingers: lingers) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
    }

    private func end(_ context: ChannelHandlerContext, lingers: Bool) {
        guard lingers, !isClosedByClient, context.channel.isActive else { return context.close(promise: nil) }
        isLingering = true
        context.close(mode: .output, promise: nil)
        scheduleTimeout(context, after: Self.lingerTimeout)
        if isReadPending, mayRead(context) { context.read() }
    }

    /// Makes the next close send a TCP reset.
    ///
    /// In HTTP/1.0 the end of the connection is the end of the body. After an orderly close, the client would take a
    /// partial response for a complete one.
    func resetOnClose(_ context: ChannelHandlerContext) {
        guard let socket = context.channel as? any SocketOptionProvider else { return }
        // On the event loop, the option is set before the call returns.
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }

    /// Schedules the next check of whether the client has exceeded a timeout.
    func scheduleTimeout(_ context: ChannelHandlerContext, after delay: TimeAmount) {
        timeoutTask?.cancel()
        timeoutTask = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.checkTimeout(context) }
    }

    private func checkTimeout(_ context: ChannelHandlerContext) {
        // A client that reads the response is active too.
        let unsent = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if unsent > 0, unsent < lastUnsentBytes { lastActivity = .now() }
        lastUnsentBytes = unsent > 0 ? unsent : .max
        let isServersTurn = exchange != nil && wait == nil
        let left = isServersTurn ? idleTimeout : lastActivity + idleTimeout - .now()
        let isAwaited = if case .body = wait { true } else { false }
        if isLingering || left <= .nanoseconds(0) || slowClientDetector.isTooSlow(at: .now(), isAwaited: isAwaited) {
            closeReason = .clientTooSlow
            return context.close(promise: nil)
        }
        scheduleTimeout(context, after: min(left, slowClientDetector.interval))
    }
}
