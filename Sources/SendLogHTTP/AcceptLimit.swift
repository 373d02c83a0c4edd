import NIOCore

/// Lets no more connections in than may be open at the same time; others wait with the system until there is room.
final class AcceptLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    private let most: Int
    private var open = 0
    private var isHeldBack = false

    init(most: Int) {
        self.most = most
    }

    func read(context: ChannelHandlerContext) {
        if open < most { context.read() } else { isHeldBack = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (limit, context) = handler.value
            limit.oneClosed(context)
        }
        context.fireChannelRead(data)
    }

    private func oneClosed(_ context: ChannelHandlerContext) {
        open -= 1
        guard isHeldBack, context.channel.isActive else { return }
        isHeldBack = false
        context.read()
    }
}
