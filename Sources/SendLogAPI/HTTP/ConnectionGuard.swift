import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SendLogCore

/// Answers what is not HTTP with the envelope that every failure has, and parts with clients that stop reading.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    private let ids: RequestIDSource
    private var requestsOpen = 0
    private var stalled: Scheduled<Void>?

    /// Waits for `patience` where a client leaves what was sent unread.
    init(patience: TimeAmount, ids: RequestIDSource) {
        self.patience = patience
        self.ids = ids
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { requestsOpen += 1 }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { requestsOpen -= 1 }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Within a request the error belongs to whoever reads its body.
        guard requestsOpen == 0, context.channel.isActive else { return context.fireErrorCaught(error) }
        let body = APIError.notHTTP.body
        var headers = Answer(body: body).headers
        headers[.connection] = "close"
        headers[.contentLength] = String(body.count)
        headers[.requestID] = ids.id(given: nil)
        context.write(wrapOutboundOut(.head(HTTPResponse(status: .badRequest, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stalled?.cancel()
        stalled = nil
        if !context.channel.isWritable {
            let channel = context.channel
            stalled = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stalled?.cancel()
        stalled = nil
        context.fireChannelInactive()
    }
}

extension HTTPField.Name {
    static let requestID = known("X-Request-Id")
    static let retryAfter = known("Retry-After")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("a name of letters and hyphens is valid") }
        return name
    }
}
