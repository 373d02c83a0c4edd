import NIOCore
import NIOHTTP1
import SendLogNetwork
import Synchronization

/// One connection: hands its requests to the responder one at a time, and sends the answers.
///
/// Everything here happens on the connection's event loop. What came and is not taken yet waits in `input`, and while much waits, or
/// the client leaves much of an answer unread, no more is read from the network.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// The request that is being answered.
    struct Exchange {
        /// `nil` for what is no request.
        var request: HTTPRequest?
        let isHead: Bool
        /// Whether the client speaks HTTP/1.0, or something older.
        let isOld: Bool
        /// Whether the connection ends with the answer.
        var closes: Bool
        /// Whether the client waits for an invitation before it sends the body.
        var awaitsInvitation: Bool
        var isHeadSent = false
        var isChunked = false
        /// Whether the line break that ends a chunk is due.
        var isInChunk = false
    }

    /// What a task waits for; if the client lets it wait for too long, the connection is closed.
    enum Wait {
        /// More of the request's body.
        case body(UnsafeContinuation<ArrivedBody?, Never>)
        /// That the client takes more of the response: whether it is still there.
        case room(UnsafeContinuation<Bool, Never>)
    }

    private let responder: any HTTPResponder
    /// How long a client may let the server wait.
    let idleTimeout: TimeAmount
    let loop: ConnectionLoop
    private let proxies: TrustedProxies
    /// Where the connection comes from.
    private var peer: IPAddress?
    private var isFromProxy = false
    var context: ChannelHandlerContext?

    var input = CircularBuffer<HTTPServerRequestPart>()
    var bytesWaiting = 0
    var exchange: Exchange?
    /// Whether all of the current request's body was taken.
    var isBodyOver = true
    /// How much came of a body that nobody wanted, in bytes.
    private var discarded = 0
    /// Nothing more that could be understood comes from the client.
    var inputEnd: InputEnd?
    var isClosedByClient = false
    private var isAdvancing = false
    var isReadHeldBack = false
    private var isShuttingDown = false
    /// The request being read wants to speak something else behind it, at which NIO's parser stops listening.
    private var isLastRead = false
    private var isDeaf = false
    /// Its last answer is on its way, or sent: the rest is courtesy.
    var isOver = false
    var isLingering = false
    var wait: Wait?
    /// Whether the client sends as much as it must.
    var pace: ClientPace
    /// When the client last did something.
    var lastSign = NIODeadline.now()
    /// How much of answers was waiting for the client at the last look.
    var lastUnsent = Int.max
    var watch: Scheduled<Void>?

    enum InputEnd {
        case closed
        case notHTTP
    }

    /// How many requests are begun before other connections have their turn.
    private static let maxSteps = 8
    private static let mostWaiting = 128 * 1024
    private static let mostParts = 64
    /// How much of a refused body is read so that the client comes to see the answer, and may go on with the connection.
    private static let mostDiscarded = 64 << 20
    /// What a part of such a body counts at least, in bytes: a chunk of a byte takes as long to parse as a longer one.
    private static let costOfPart = 256

    init(_ responder: any HTTPResponder, on loop: ConnectionLoop, _ settings: ServerSettings) {
        self.responder = responder
        self.loop = loop
        pace = ClientPace(settings.pace)
        idleTimeout = .seconds(Int64(settings.idleTimeout))
        proxies = settings.proxies
    }

    // MARK: What comes

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelActive(context: ChannelHandlerContext) {
        peer = context.remoteAddress.flatMap { IPAddress($0) }
        loop.noteOpen(context)
        isFromProxy = peer.map { proxies.contain($0) } ?? false
        watchOver(context, after: min(idleTimeout, pace.interval))
    }

    /// Notes bytes from the client, before they are taken apart.
    func noteBytes() {
        if exchange == nil, isBodyOver, input.isEmpty { pace.noteHeadBytes(at: .now()) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastSign = .now()
        if isOver { return }
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            isLastRead = head.wantsOtherProtocol
            pace.noteHead()
        case .body(let buffer):
            bytesWaiting += buffer.readableBytes
            pace.noteBody(buffer.readableBytes)
        case .end: isDeaf = isLastRead
        }
        input.append(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        advance()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOver { return }
        inputEnd = inputEnd ?? (error is IOError ? .closed : .notHTTP)
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
        watch?.cancel()
        (inputEnd, isClosedByClient) = (inputEnd ?? .closed, true)
        isOver = true
        loop.noteClosed(context)
        exchange?.request?.abandon()
        resume()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            lastSign = .now()
            if case .room = wait { resume() }
            advance()
        }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        isReadHeldBack = !mayRead(context)
        if !isReadHeldBack { context.read() }
    }

    func mayRead(_ context: ChannelHandlerContext) -> Bool {
        if isDeaf { return false }
        // Behind the last answer only to see the client close; what is no HTTP need not be read for that.
        if isOver { return inputEnd == nil }
        return bytesWaiting < Self.mostWaiting && input.count < Self.mostParts && context.channel.isWritable
    }

    // MARK: What is done with it

    /// Goes on with whatever can go on.
    func advance() {
        // An answer that is ready at once comes back here from within.
        if isAdvancing { return }
        isAdvancing = true
        defer { isAdvancing = false }
        var steps = 0
        while steps < Self.maxSteps, step() { steps += 1 }
        if steps == Self.maxSteps, let context {
            // Requests that came together leave other connections their turn.
            let handle = ConnectionHandle(self, on: context.eventLoop)
            context.eventLoop.execute { handle.connection.advance() }
        }
        guard let context, isReadHeldBack, mayRead(context) else { return }
        isReadHeldBack = false
        context.read()
    }

    /// - Returns: whether more may be done.
    private func step() -> Bool {
        guard let context, !isOver else { return false }
        if exchange != nil {
            if case .body = wait, !input.isEmpty || inputEnd != nil { resume() }
            return false
        }
        // Of a body that nobody wanted.
        while !isBodyOver, let part = input.popFirst() {
            if case .body(let buffer) = part {
                bytesWaiting -= buffer.readableBytes
                discarded += max(buffer.readableBytes, Self.costOfPart)
            }
            if case .end = part {
                isBodyOver = true
                pace.noteBodyEnd()
            }
        }
        if discarded > Self.mostDiscarded {
            inputEnd = .notHTTP
            finish(context, lingers: true)
            return false
        }
        if isBodyOver, !isShuttingDown, case .head(let head)? = input.first {
            // What was answered must be taken before more is.
            guard context.channel.isWritable else { return false }
            input.removeFirst()
            start(head, context)
            return true
        }
        if inputEnd == .notHTTP, isBodyOver {
            let refusal = responder.refusal()
            exchange = Exchange(isHead: false, isOld: false, closes: true, awaitsInvitation: false)
            send(refusal.head, body: [ByteBuffer(bytes: refusal.body)])
            exchange = nil
        }
        if inputEnd != nil { finish(context, lingers: true) }
        if isShuttingDown, isBodyOver, !isOver { finish(context, lingers: false) }
        return false
    }

    private func start(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let isOld = head.version.major < 1 || head.version.major == 1 && head.version.minor == 0
        let handle = ConnectionHandle(self, on: context.eventLoop)
        let client = isFromProxy ? peer.map { proxies.client(of: head.headers, from: $0) } : peer?.client
        let request = HTTPRequest(
            method: head.method,
            target: head.uri,
            headers: head.headers,
            client: client,
            body: RequestBody(of: handle),
            fault: ProtocolFault(head)
        )
        exchange = Exchange(
            request: request,
            isHead: head.method == .HEAD,
            isOld: isOld,
            closes: isOld || request.fault != nil || head.headers.asksToClose || head.wantsOtherProtocol
                || isShuttingDown,
            // HTTP/1.0 knows of no invitations.
            awaitsInvitation: request.awaitsInvitation && !isOld
        )
        (isBodyOver, discarded) = (false, 0)
        guard let later = responder.respond(to: request, AnswerWriter(handle)) else {
            return answered(wholly: true)
        }
        // Not structured, since channels are not; the server waits for its connections and for these.
        let loop = loop
        loop.running.add(1, ordering: .relaxed)
        Task.immediate(executorPreference: loop) {
            do {
                try await later()
                handle.connection.answered(wholly: true)
            } catch {
                handle.connection.answered(wholly: false)
            }
            loop.running.subtract(1, ordering: .releasing)
        }
    }
}
