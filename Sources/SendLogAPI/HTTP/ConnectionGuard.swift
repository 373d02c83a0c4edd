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
    private var isReadingBody = false
    /// What came behind the requests that are being answered is not HTTP: it is told so after them.
    private var refusalIsDue = false
    /// The request that is being answered broke off: its answer is the connection's last.
    private var isBroken = false
    private var stalled: Scheduled<Void>?

    /// Waits for `patience` where a client leaves what was sent unread.
    init(patience: TimeAmount, ids: RequestIDSource) {
        self.patience = patience
        self.ids = ids
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: (requestsOpen, isReadingBody) = (requestsOpen + 1, true)
        case .body: break
        case .end: isReadingBody = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        requestsOpen -= 1
        guard requestsOpen == 0, refusalIsDue || isBroken else { return context.write(data, promise: promise) }
        context.writeAndFlush(data, promise: promise)
        if refusalIsDue { refuse(context) } else { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard context.channel.isActive else { return context.fireErrorCaught(error) }
        if requestsOpen == 0 {
            // What is left of a body whose request was answered early needs no answer of its own.
            if isReadingBody { context.close(promise: nil) } else { refuse(context) }
        } else if isReadingBody {
            // The error belongs to whoever reads the body.
            isBroken = true
            context.fireErrorCaught(error)
        } else {
            refusalIsDue = true
        }
    }

    private func refuse(_ context: ChannelHandlerContext) {
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
