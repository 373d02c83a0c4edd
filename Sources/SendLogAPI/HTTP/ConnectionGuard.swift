import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import SendLogCore

/// Answers what is not HTTP with the envelope that every failure has, and parts with clients that stop reading.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    private let onRefusal: @Sendable () -> String
    private var requestsOpen = 0
    private var isReadingBody = false
    /// What came behind the requests that are being answered is not HTTP: it is told so after them.
    private var refusalIsDue = false
    /// The request that is being answered broke off: its answer is the connection's last.
    private var isBroken = false
    private var stalled: Scheduled<Void>?

    /// Waits for `patience` where a client leaves what was sent unread.
    ///
    /// What is refused is noted by `onRefusal`, which says under which request id.
    init(patience: TimeAmount, onRefusal: @escaping @Sendable () -> String) {
        self.patience = patience
        self.onRefusal = onRefusal
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        guard let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) else { return }
        try? pipeline.addHandler(OldVersionHandler(), position: .before(codec))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            (requestsOpen, isReadingBody) = (requestsOpen + 1, true)
            // The server knows it by this spelling alone.
            if head.headerFields.asksToClose { head.headerFields[.connection] = "close" }
            return context.fireChannelRead(wrapInboundOut(.head(head)))
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
        headers[.requestID] = onRefusal()
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

extension HTTPFields {
    /// Whether the client wants the connection closed behind the answer (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>).
    fileprivate var asksToClose: Bool {
        self[.connection]?.lowercased().split(separator: ",").contains { $0.trimmingPrefix(" ") == "close" } ?? false
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
