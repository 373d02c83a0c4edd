import NIOCore

/// How slow a client may be with what it sends.
public struct PaceLimits: Equatable, Sendable {
    /// Within how many seconds the head of a request must come, from its first byte on.
    public let headTimeout: Int
    /// Within how many seconds the rest of a body must come whose response was sent already.
    public let drainTimeout: Int
    /// How many bytes a second a body must bring while the server waits for it, on the average of ``window``; 0 for no limit.
    public let minBodyRate: Int

    /// Over how many seconds the rate of a body is measured.
    public static let window = 20

    /// Sets limits.
    public init(headTimeout: Int = 20, drainTimeout: Int = 20, minBodyRate: Int = 500) {
        (self.headTimeout, self.drainTimeout, self.minBodyRate) = (headTimeout, drainTimeout, minBodyRate)
    }
}

/// What a connection's client has sent lately: whether it only drips, to hold the connection.
///
/// Decides from its arguments alone, without a clock.
struct ClientPace {
    private let limits: PaceLimits
    /// When the head that is not complete yet began.
    private var headBegan: NIODeadline?
    /// When the response was sent whose request's body has not ended.
    private var drainBegan: NIODeadline?
    /// Since when the server waits for a body, and how many bytes of it came.
    private var body: (since: NIODeadline, bytes: Int)?

    init(_ limits: PaceLimits) { self.limits = limits }

    /// After how long to look again at the latest.
    var interval: TimeAmount {
        .seconds(Int64(min(limits.headTimeout, limits.drainTimeout, PaceLimits.window / 4)))
    }

    /// Notes bytes that belong to no request yet.
    mutating func noteHeadBytes(at now: NIODeadline) { headBegan = headBegan ?? now }

    /// Notes a complete head.
    mutating func noteHead() { headBegan = nil }

    /// Notes bytes of a body.
    mutating func noteBody(_ bytes: Int) { body?.bytes += bytes }

    /// Notes that a response was sent, and whether its request's body had ended.
    mutating func noteResponse(isBodyOver: Bool, at now: NIODeadline) {
        drainBegan = isBodyOver ? nil : now
        body = nil
    }

    /// Notes the end of a body.
    mutating func noteBodyEnd() { (drainBegan, body) = (nil, nil) }

    /// Decides whether the client is too slow.
    ///
    /// - Parameters:
    ///   - now: the time
    ///   - isAwaited: whether the server waits for more of a body
    /// - Returns: whether to close the connection.
    mutating func isTooSlow(at now: NIODeadline, isAwaited: Bool) -> Bool {
        if let headBegan, now - headBegan >= .seconds(Int64(limits.headTimeout)) { return true }
        if let drainBegan, now - drainBegan >= .seconds(Int64(limits.drainTimeout)) { return true }
        guard isAwaited, limits.minBodyRate > 0 else {
            body = nil
            return false
        }
        guard let current = body else {
            body = (now, 0)
            return false
        }
        guard now - current.since >= .seconds(Int64(PaceLimits.window)) else { return false }
        body = (now, 0)
        return current.bytes < limits.minBodyRate * PaceLimits.window
    }
}

/// Notifies a connection of bytes before they are parsed, since the parser passes nothing on of an incomplete head; drops them once the
/// connection is over.
final class HeadWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Behind the last response bytes are dropped, and not parsed.
        if connection.isOver { return }
        connection.noteBytes()
        context.fireChannelRead(data)
    }
}
