import NIOCore
import NIOHTTP1
import SendLogNetwork
import Synchronization

/// One client connection: passes its requests to the responder one at a time, and sends the responses.
///
/// All calls happen on the connection's event loop. `input` buffers the parts that are not processed yet. While it
/// holds many, or while the client leaves much of a response unread, the connection reads nothing from the network.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// The request in progress, and the state of its response.
    struct Exchange {
        /// The request; `nil` if the client sent something other than HTTP.
        var request: HTTPRequest?
        let isHeadRequest: Bool
        /// Whether the client uses HTTP/1.0 or an older version.
        let isHTTP10: Bool
        /// Whether the connection closes after the response.
        var closes: Bool
        /// Whether the client waits for `100 Continue` before it sends the body.
        var expectsContinue: Bool
        var isHeadSent = false
        var isChunked = false
        /// Whether the line break that ends the current chunk is still to be sent.
        var isInChunk = false
    }

    /// What waits for the client; if the client exceeds the timeout, the connection closes.
    enum Wait {
        /// The task waits for more of the request body.
        case body(UnsafeContinuation<ArrivedBody?, Never>)
        /// Pieces of the response wait until the client reads more; the closures get whether the connection is open.
        case writable([(Bool) -> Void])
    }

    /// The time after which the server stops waiting for the client.
    let idleTimeout: TimeAmount
    let loop: ConnectionLoop
    private let proxies: TrustedProxies
    private let basePath: String
    /// The remote address of the connection.
    private var peer: IPAddress?
    private var isFromProxy = false
    var context: ChannelHandlerContext?

    var input = CircularBuffer<HTTPServerRequestPart>()
    var bufferedBytes = 0
    var exchange: Exchange?
    /// Whether all of the current request's body was read or discarded.
    var isBodyComplete = true
    /// The number of body bytes discarded after the response, with at least ``minBytesPerPart`` for each part.
    private var discardedBytes = 0
    /// Why the client sends no further valid input; `nil` while it may.
    var inputEnd: InputEnd?
    var isClosedByClient = false
    /// Why the connection is closed, once it is.
    var closeReason: ConnectionEnd?
    private var isAdvancing = false
    var isReadPending = false
    private var isShuttingDown = false
    /// Whether the request that is being read asks for another protocol, after which NIO's parser stops parsing.
    private var isUpgradeRequested = false
    private var isParserStopped = false
    /// Whether the last response was written; afterwards the connection only flushes it and closes.
    var isFinished = false
    var isLingering = false
    var wait: Wait?
    /// Detects a client that sends too slowly.
    var slowClientDetector: SlowClientDetector
    /// When the client last sent or read something.
    var lastActivity = NIODeadline.now()
    /// The number of response bytes that were unsent at the last timeout check; `.max` if there were none.
    var lastUnsentBytes = Int.max
    var timeoutTask: Scheduled<Void>?

    enum InputEnd {
        case closed
        case invalid(ProtocolFault)
    }

    /// The number of requests to start before other connections get their turn.
    private static let maxSteps = 8
    private static let maxBufferedBytes = 128 * 1024
    private static let maxBufferedParts = 64
    /// The maximum number of bytes to discard of a refused body, so that the client reads the response and can keep
    /// using the connection.
    private static let maxDiscardedBytes = 64 << 20
    /// The minimum number of bytes that a discarded part counts as: parsing a chunk of one byte takes as long as
    /// parsing a longer one.
    private static let minBytesPerPart = 256

    init(on loop: ConnectionLoop, _ settings: ServerSettings) {
        self.loop = loop
        slowClientDetector = SlowClientDetector(settings.slowClientLimits)
        idleTimeout = .seconds(Int64(settings.idleTimeout))
        (proxies, basePath) = (settings.proxies, settings.basePath)
    }

    // MARK: Input

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        peer = context.remoteAddress.flatMap { IPAddress($0) }
        loop.add(context)
        isFromProxy = peer.map { proxies.contains($0) } ?? false
        scheduleTimeout(context, after: min(idleTimeout, slowClientDetector.interval))
    }

    /// Records the arrival of bytes, before they are parsed.
    func didReceiveBytes() {
        if exchange == nil, isBodyComplete, input.isEmpty { slowClientDetector.didReceiveHeadBytes(at: .now()) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        if isFinished { return }
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            isUpgradeRequested = head.requestsProtocolSwitch
            slowClientDetector.didReceiveHead()
        case .body(let buffer):
            bufferedBytes += buffer.readableBytes
            slowClientDetector.didReceiveBody(buffer.readableBytes)
        case .end: isParserStopped = isUpgradeRequested
        }
        input.append(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) { advance() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isFinished { return }
        inputEnd = inputEnd ?? (error is IOError ? .closed : .invalid(ProtocolFault(parserError: error)))
        advance()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isShuttingDown = true
            exchange?.closes = true
            advance()
        case ChannelEvent.inputClosed:
            if isLingering { return context.close(promise: nil) }
            (inputEnd, isClosedByClient) = (inputEnd ?? .closed, true)
            advance()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timeoutTask?.cancel()
        (inputEnd, isClosedByClient) = (inputEnd ?? .closed, true)
        closeReason = connectionEnd
        isFinished = true
        loop.remove(context)
        exchange?.request?.abandon()
        resume()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            lastActivity = .now()
            if case .writable = wait { resume() }
            advance()
        }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        isReadPending = !mayRead(context)
        if !isReadPending { context.read() }
    }

    func mayRead(_ context: ChannelHandlerContext) -> Bool {
        if isParserStopped { return false }
        // After the last response, read only to see the client close; invalid input needs no such read.
        if isFinished { return inputEnd == nil }
        return bufferedBytes < Self.maxBufferedBytes && input.count < Self.maxBufferedParts
            && context.channel.isWritable
    }

    // MARK: Processing

    /// Processes the buffered input as far as possible.
    func advance() {
        // A synchronous response calls this method again.
        if isAdvancing { return }
        isAdvancing = true
        defer { isAdvancing = false }
        var steps = 0
        while steps < Self.maxSteps, step() { steps += 1 }
        if steps == Self.maxSteps, let context {
            // After many pipelined requests, other connections get their turn.
            context.eventLoop.assumeIsolated().execute { self.advance() }
        }
        guard let context, isReadPending, mayRead(context) else { return }
        isReadPending = false
        context.read()
    }

    /// Starts the next request, or ends the connection, if either is due.
    ///
    /// - Returns: whether another step may follow.
    private func step() -> Bool {
        guard let context, !isFinished else { return false }
        if exchange != nil {
            if case .body = wait, !input.isEmpty || inputEnd != nil { resume() }
            return false
        }
        // Discard the unread rest of the last request's body.
        while !isBodyComplete, let part = input.popFirst() {
            if case .body(let buffer) = part {
                bufferedBytes -= buffer.readableBytes
                discardedBytes += max(buffer.readableBytes, Self.minBytesPerPart)
            }
            if case .end = part {
                isBodyComplete = true
                slowClientDetector.didReceiveBodyEnd()
            }
        }
        if discardedBytes > Self.maxDiscardedBytes {
            inputEnd = .invalid(.notHTTP)
            finish(context, lingers: true)
            return false
        }
        if isBodyComplete, !isShuttingDown, case .head(let head)? = input.first {
            // The client must read the earlier responses first.
            guard context.channel.isWritable else { return false }
            input.removeFirst()
            start(head, context)
            return true
        }
        if case .invalid(let fault)? = inputEnd, isBodyComplete {
            let (head, body) = loop.responder.badRequestResponse(to: fault, from: peer?.unmapped)
            exchange = Exchange(isHeadRequest: false, isHTTP10: false, closes: true, expectsContinue: false)
            _ = send(head, body: [ByteBuffer(bytes: body)])
            exchange = nil
        }
        if inputEnd != nil { finish(context, lingers: true) }
        if isShuttingDown, isBodyComplete, !isFinished { finish(context, lingers: false) }
        return false
    }

    private func start(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let isHTTP10 = head.isHTTP10
        let handle = ConnectionHandle(self, on: context.eventLoop)
        let client = peer.map { peer in
            isFromProxy ? proxies.client(forwardedFor: head.headers["x-forwarded-for"], by: peer) : peer.unmapped
        }
        let request = HTTPRequest(
            method: head.method,
            target: head.uri,
            basePath: basePath,
            headers: head.headers,
            address: client,
            body: RequestBody(of: handle),
            fault: ProtocolFault(head)
        )
        exchange = Exchange(
            request: request,
            isHeadRequest: head.method == .HEAD,
            isHTTP10: isHTTP10,
            closes: isHTTP10 || request.fault != nil || head.headers.requestsClose || head.requestsProtocolSwitch
                || isShuttingDown,
            // HTTP/1.0 has no `100 Continue`.
            expectsContinue: request.expectsContinue && !isHTTP10
        )
        (isBodyComplete, discardedBytes) = (false, 0)
        guard let deferredResponse = loop.respond(to: request, ResponseWriter(handle)) else {
            return responseEnded(isComplete: true)
        }
        // Unstructured, since channels are not structured either; the server waits for its connections and these tasks.
        let loop = loop
        loop.running.add(1, ordering: .relaxed)
        Task.immediate(executorPreference: loop) {
            do {
                try await deferredResponse()
                handle.connection.responseEnded(isComplete: true)
            } catch {
                handle.connection.responseEnded(isComplete: false)
            }
            loop.running.subtract(1, ordering: .releasing)
        }
    }
}
